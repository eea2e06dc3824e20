// The GPU's path and the value path agree, over every code and every binary16 scale, and round where hardware
// rounds.
#include "emu/dequantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "emu/error.h"

namespace fp6sim::emu {
namespace {

constexpr std::uint16_t kBinary16Infinity = 0x7C00;

// RN16 of an exact double by brute force: the nearest binary16 found by search, ties to the even code.
std::uint16_t nearest_binary16(double x) {
  const double magnitude = std::fabs(x);
  const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  if (magnitude >= 65520.0) return sign | kBinary16Infinity;
  unsigned low = 0, high = 0x7BFF;
  while (low < high) {  // the largest code not above the magnitude
    const unsigned middle = (low + high + 1) / 2;
    if (double(from_binary16(static_cast<std::uint16_t>(middle))) <= magnitude)
      low = middle;
    else
      high = middle - 1;
  }
  const double below = magnitude - double(from_binary16(static_cast<std::uint16_t>(low)));
  const double step = low == 0x7BFF ? 32.0
                                    : double(from_binary16(static_cast<std::uint16_t>(low + 1))) -
                                          double(from_binary16(static_cast<std::uint16_t>(low)));
  const bool up = below > step / 2 || (below == step / 2 && (low & 1) != 0);
  return static_cast<std::uint16_t>(sign | (low + (up ? 1 : 0)));
}

TEST(Dequantize, BitsMovedUnderTheBiasAreTheValueShifted) {
  for (const FloatFormat& format : {kE3M2, kE2M3, kE2M2, kE3M1, kE2M1, kE4M3, kE5M2}) {
    for (std::uint32_t code = 0; code < (1u << format.bits()); ++code) {
      if ((code & format.magnitude_mask()) > format.largest_code()) continue;
      const double value = decode(format, code);
      EXPECT_EQ(double(from_binary16(shift_into(format, kFp16, code))),
                std::ldexp(value, -bias_shift(format, kFp16)));
      EXPECT_EQ(double(from_bfloat16(shift_into(format, kBf16, code))),
                std::ldexp(value, -bias_shift(format, kBf16)));
    }
  }
  EXPECT_EQ(bias_shift(kE3M2, kFp16), 12);
  EXPECT_EQ(bias_shift(kE3M2, kBf16), 124);
}

// All 64 codes x all 65,536 scale bit patterns, NaN and infinite scales aside.
TEST(Dequantize, EveryCodeAndScaleInKernelEqualsOneRounding) {
  for (const FloatFormat& format : {kE3M2, kE2M3}) {
    const float merged_limit =
        std::ldexp(1.0f, 16 - bias_shift(format, kFp16));  // 16 for E3M2: beyond, it overflows
    for (unsigned scale = 0; scale < kBinary16Infinity; ++scale) {
      const auto bits = static_cast<std::uint16_t>(scale);
      const float value = from_binary16(bits);
      for (std::uint32_t code = 0; code < 64; ++code) {
        const std::uint16_t expected = dequantize_binary16(decode(format, code), value);
        ASSERT_EQ(gpu_dequantize_binary16(format, code, bits, BiasShift::kInKernel), expected)
            << scale << " " << code;
        if (value < merged_limit) {
          ASSERT_EQ(gpu_dequantize_binary16(format, code, bits, BiasShift::kMerged), expected)
              << scale << " " << code;
        }
      }
    }
  }
}

TEST(Dequantize, MergedScalesFromSixteenOverflow) {
  EXPECT_EQ(gpu_dequantize_binary16(kE3M2, 1, to_binary16(16.0f), BiasShift::kMerged), kBinary16Infinity);
  EXPECT_EQ(from_binary16(gpu_dequantize_binary16(kE3M2, 1, to_binary16(16.0f), BiasShift::kInKernel)), 1.0f);
}

TEST(Dequantize, DeferredFactorTimesTheBitsIsTheUnroundedProduct) {
  for (std::uint32_t code = 0; code < 64; ++code) {
    const std::uint16_t scale = to_binary16(0.0137f);
    const std::uint16_t weight = gpu_dequantize_binary16(kE3M2, code, scale, BiasShift::kDeferred);
    EXPECT_EQ(from_binary16(weight) * deferred_factor(kE3M2, scale),
              decode(kE3M2, code) * from_binary16(scale));
  }
}

TEST(Dequantize, BfloatInKernelAndMergedEqualTheValuePath) {
  for (std::uint32_t code = 0; code < 64; ++code) {
    for (unsigned scale = 0x3000; scale < 0x4180;
         ++scale) {  // 2^-31 .. 16: merged 2^124 * scale < 2^128 up to 8
      const auto bits = static_cast<std::uint16_t>(scale);
      const std::uint16_t expected = dequantize_bfloat16(decode(kE3M2, code), from_bfloat16(bits));
      ASSERT_EQ(gpu_dequantize_bfloat16(kE3M2, code, bits, BiasShift::kInKernel), expected);
      if (from_bfloat16(bits) < 8.0f) {
        ASSERT_EQ(gpu_dequantize_bfloat16(kE3M2, code, bits, BiasShift::kMerged), expected);
      }
    }
  }
  EXPECT_THROW(gpu_dequantize_bfloat16(kE3M2, 1, 0x3F80, BiasShift::kDeferred), Error);
}

// A binary32 scale has 24 bits, so the product does not fit binary32: rounding it there first would round
// twice.
TEST(Dequantize, OneRoundingEvenFromBinary32Scales) {
  std::mt19937 random(5);
  for (int i = 0; i < 300000; ++i) {
    const float scale =
        std::ldexp(1.0f + static_cast<float>(random() >> 8) * 0x1p-24f, static_cast<int>(random() % 50) - 34);
    const float value = static_cast<float>(static_cast<int>(random() % 511) - 255);
    const std::uint16_t got = dequantize_binary16(value, scale);
    ASSERT_EQ(got, nearest_binary16(double(value) * double(scale))) << value << " * " << scale;
  }
  // A case made by hand, where two roundings go wrong: 1 + 2^-11 + 2^-30 is just above a tie.
  EXPECT_EQ(round_to_binary16(1.0 + 0x1p-11 + 0x1p-30), 0x3C01);
  EXPECT_EQ(to_binary16(static_cast<float>(1.0 + 0x1p-11 + 0x1p-30)), 0x3C00);
  EXPECT_EQ(round_to_binary16(1e300), kBinary16Infinity);
  EXPECT_EQ(round_to_binary16(-1e-300), 0x8000);
}

TEST(Dequantize, MatricesOfEveryKind) {
  std::mt19937 random(6);
  std::normal_distribution<float> normal(0.1f, 1.0f);
  std::vector<float> weights(6 * 512);
  for (auto& w : weights) w = normal(random);
  for (const Format& format : formats()) {
    if (format.bits > 8) continue;
    for (const bool zero_point : {false, true}) {
      if (zero_point && format.is_float()) continue;
      for (const std::size_t group : {std::size_t{16}, std::size_t{128}, kWholeRow}) {
        QuantizeSpec spec;
        spec.format = format;
        spec.group = group;
        spec.zero_point = zero_point;
        const QuantizedMatrix matrix = quantize(weights, 6, 512, spec);
        std::vector<std::uint16_t> halves(weights.size(), 0xFFFF), brains(weights.size(), 0xFFFF);
        std::vector<float> floats(weights.size(), NAN);
        dequantize_to_binary16(matrix, halves);
        dequantize_to_bfloat16(matrix, brains);
        dequantize_to_binary32(matrix, floats);
        for (std::size_t i = 0; i < weights.size(); ++i) {
          const float value = code_value(spec, matrix.codes[i], matrix.zero(i / 512, i % 512));
          const double product = double(value) * double(matrix.scale(i / 512, i % 512));
          ASSERT_EQ(halves[i], nearest_binary16(product)) << format.name << " " << i;
          ASSERT_EQ(double(floats[i]), product);
          ASSERT_EQ(brains[i], to_bfloat16(static_cast<float>(product)));
        }
      }
    }
  }
}

TEST(Dequantize, WrongOutputSizeIsRefused) {
  const QuantizedMatrix matrix = quantize(std::vector<float>(32, 1.0f), 1, 32, {});
  std::vector<std::uint16_t> out(31);
  EXPECT_THROW(dequantize_to_binary16(matrix, out), Error);
}

}  // namespace
}  // namespace fp6sim::emu
