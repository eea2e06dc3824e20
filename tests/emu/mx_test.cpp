// MX blocks follow the OCP specification: scale, elements, saturation, NaN scales.
#include "emu/mx.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "emu/dequantize.h"
#include "emu/error.h"

namespace fp6sim::emu {
namespace {

TEST(Mx, EveryE8M0CodeIsItsPowerOfTwo) {
  for (int code = 0; code < 255; ++code) {
    const float value = decode_e8m0(static_cast<std::uint8_t>(code));
    EXPECT_EQ(double(value), std::ldexp(1.0, code - 127));
    EXPECT_EQ(encode_e8m0(value), code);
  }
  EXPECT_TRUE(std::isnan(decode_e8m0(0xFF)));
}

TEST(Mx, BitsPerWeightCountTheScale) {
  EXPECT_EQ(kMxFormats[0].bits_per_weight(), 4.25);
  EXPECT_EQ(kMxFormats[1].bits_per_weight(), 6.25);
  EXPECT_EQ(kMxFormats[3].bits_per_weight(), 8.25);
}

// The specification's conversion, in doubles: shared exponent floor(log2 max) - emax, elements nearest, ties
// to even.
TEST(Mx, BlocksAreTheSpecificationsConversion) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  for (const MxFormat& format : kMxFormats) {
    const QuantizeSpec spec = mx_spec(format);
    const FloatFormat element = spec.format.floating;
    const double largest = decode(element, element.largest_code());
    std::vector<float> weights(40 * kMxBlock);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = std::ldexp(normal(random), static_cast<int>(i / kMxBlock) * 6 - 120);  // 2^-120 .. 2^114
    }
    const QuantizedMatrix matrix = quantize(weights, 4, weights.size() / 4, spec);
    std::vector<std::uint8_t> scales;
    for (const float scale : matrix.scales) scales.push_back(encode_e8m0(scale));
    std::vector<float> back(weights.size());
    decode_mx(format, matrix.codes, scales, back);
    for (std::size_t block = 0; block < 40; ++block) {
      double most = 0;
      for (std::size_t i = 0; i < kMxBlock; ++i)
        most = std::max(most, std::fabs(double(weights[block * kMxBlock + i])));
      const int shared = std::max(std::ilogb(most) - std::ilogb(largest), -127);
      ASSERT_EQ(scales[block], shared + 127) << format.name;
      for (std::size_t i = block * kMxBlock; i < (block + 1) * kMxBlock; ++i) {
        const double scaled = std::ldexp(double(weights[i]), -shared);
        const int exponent = std::max(scaled == 0 ? -1000 : std::ilogb(scaled), element.min_exponent());
        const double ulp = std::ldexp(1.0, exponent - element.mantissa_bits);
        const double nearest = std::min(std::nearbyint(std::fabs(scaled) / ulp) * ulp, largest);
        ASSERT_EQ(double(back[i]), std::ldexp(std::copysign(nearest, scaled), shared))
            << format.name << " " << i;
      }
    }
  }
}

TEST(Mx, NamesReachTheSameSpec) {
  for (const MxFormat& format : kMxFormats) {
    const QuantizeSpec spec = quantize_recipe(format.name);
    EXPECT_EQ(spec.format.name, format.element);
    EXPECT_EQ(spec.group, 32u);
    EXPECT_EQ(spec.storage, ScaleStorage::kE8M0);
  }
}

TEST(Mx, NanScalesAndWrongSizes) {
  std::vector<std::uint8_t> codes(32, 1), scales{0xFF};
  std::vector<float> out(32);
  decode_mx(kMxFormats[0], codes, scales, out);
  for (const float x : out) EXPECT_TRUE(std::isnan(x));
  scales.push_back(127);
  EXPECT_THROW(decode_mx(kMxFormats[0], codes, scales, out), Error);
  EXPECT_THROW(quantize(std::vector<float>(48, 1.0f), 1, 48, mx_spec(kMxFormats[0])), Error);
}

}  // namespace
}  // namespace fp6sim::emu
