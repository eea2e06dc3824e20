// Every SIMD target of this machine equals the scalar reference bit for bit: sizes, groups, alignments,
// hostile values.
#include "emu/fp6_stream.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "emu/binary16.h"
#include "emu/error.h"
#include "emu/packing/linear.h"
#include "emu/quantize.h"
#include "emu/simd/fp6_parts.h"
#include "emu/simd/target.h"

namespace fp6sim::emu {
namespace {

constexpr std::uint32_t kPoison = 0xDEADBEEFu;

struct Case {
  std::string target;
  FloatFormat format;
  Split split;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string& target : simd_targets()) {
    for (const FloatFormat& format : {kE3M2, kE2M3}) {
      for (const Split split : {Split::k4Plus2, Split::k4Plus2Byte}) all.push_back({target, format, split});
    }
  }
  return all;
}

class Fp6Stream : public testing::TestWithParam<Case> {
 protected:
  Fp6Stream() { use_simd_target(GetParam().target); }
  ~Fp6Stream() override { use_simd_target(""); }
};

struct Packed {
  std::vector<std::uint32_t> wide, narrow;
  Packed(Split split, std::size_t count)
      : wide(linear_size(split, count).wide_words, kPoison),
        narrow(linear_size(split, count).narrow_words, kPoison) {}
  friend bool operator==(const Packed&, const Packed&) = default;
};

// Values around every code, ties, subnormals, overflow, both zeros, infinities, NaNs of both signs, and any
// bits at all.
std::vector<float> hostile_weights(std::size_t count, std::mt19937& random, bool finite) {
  std::vector<float> weights(count);
  for (auto& w : weights) {
    switch (random() % 4) {
      case 0:
        w = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        break;
      case 1:
        w = static_cast<float>(static_cast<int>(random() % 2048) - 1024) / 32.0f;
        break;  // codes and ties
      case 2:
        w = std::nextafter(static_cast<float>(static_cast<int>(random() % 2048) - 1024) / 32.0f,
                           random() % 2 == 0 ? 99.0f : -99.0f);
        break;
      default:
        w = std::ldexp(static_cast<float>(random() % 65536) / 65536.0f, static_cast<int>(random() % 12) - 6);
        break;
    }
    if (finite && !std::isfinite(w)) w = -0.0f;
  }
  return weights;
}

TEST_P(Fp6Stream, EncodesAndPacksAsTheReference) {
  const auto& [target, format, split] = GetParam();
  std::mt19937 random(17);
  for (std::size_t count = 0; count <= 300;
       ++count) {                          // over the widest step (64) and every tail of it, several times
    const std::size_t offset = count % 5;  // misaligned for every vector width
    const auto storage = hostile_weights(count + offset, random, false);
    const auto weights = std::span(storage).subspan(offset);
    Packed got(split, count);
    ASSERT_EQ(encode_and_pack_fp6(format, split, weights, got.wide, got.narrow), StreamStatus::kDone);
    std::vector<std::uint8_t> codes(count);
    for (std::size_t i = 0; i < count; ++i) codes[i] = static_cast<std::uint8_t>(encode(format, weights[i]));
    const PackedCodes expected = pack_linear(split, codes);
    ASSERT_EQ(got.wide, expected.wide) << count;
    ASSERT_EQ(got.narrow, expected.narrow) << count;
  }
}

TEST_P(Fp6Stream, QuantisesAsQuantizeDoes) {
  const auto& [target, format, split] = GetParam();
  std::mt19937 random(23);
  QuantizeSpec spec;
  spec.format = format_by_name(format == kE3M2 ? "e3m2" : "e2m3");
  for (const std::size_t group : {16u, 32u, 48u, 64u, 96u, 128u, 256u, 1000u}) {
    const std::size_t groups = group == 1000 ? 1 : 7;
    spec.group = group;
    for (int round = 0; round < 6; ++round) {
      auto weights = hostile_weights(groups * group, random, true);
      if (round < 4) {  // ordinary weights, at four sizes, down to binary16's subnormal scales
        std::normal_distribution<float> normal(0.0f, std::ldexp(1.0f, -7 * round));
        for (auto& w : weights) w = normal(random);
      }
      std::fill(weights.begin(), weights.begin() + 16, 0.0f);
      if (group == 16) weights[3] = -0.0f;  // the first group all zero
      Packed got(split, weights.size());
      std::vector<std::uint16_t> scales(groups, 0xBEEF);
      ASSERT_EQ(quantize_and_pack_fp6(format, split, weights, group, got.wide, got.narrow, scales),
                StreamStatus::kDone);
      const QuantizedMatrix expected = quantize(weights, 1, weights.size(), spec);
      const PackedCodes packed = pack_linear(split, expected.codes);
      ASSERT_EQ(got.wide, packed.wide) << group;
      ASSERT_EQ(got.narrow, packed.narrow) << group;
      for (std::size_t g = 0; g < groups; ++g) ASSERT_EQ(scales[g], to_binary16(expected.scales[g])) << group;
    }
  }
}

TEST_P(Fp6Stream, DequantisesAsTheReference) {
  const auto& [target, format, split] = GetParam();
  std::mt19937 random(31);
  for (const std::size_t group : {16u, 32u, 48u, 64u, 80u, 128u, 160u, 256u, 333u}) {
    const std::size_t groups = group == 333 ? 1 : 9;
    const std::size_t count = groups * group;
    for (int round = 0; round < 40; ++round) {
      Packed in(split, count);
      for (auto& word : in.wide) word = static_cast<std::uint32_t>(random());
      for (auto& word : in.narrow) word = static_cast<std::uint32_t>(random());
      std::vector<std::uint16_t> scales(groups);
      for (auto& scale : scales) {  // any finite binary16, subnormals and negatives too
        do scale = static_cast<std::uint16_t>(random());
        while ((scale & 0x7C00) == 0x7C00);
      }
      const std::size_t offset = static_cast<std::size_t>(round) % 3;
      std::vector<std::uint16_t> got(count + offset + 1, 0xDEAD), expected(count, 0xDEAD);
      const auto out = std::span(got).subspan(offset, count);
      ASSERT_EQ(dequantize_fp6(format, split, in.wide, in.narrow, scales, group, out), StreamStatus::kDone);
      scalar::dequantize(format, split, {in.wide.data(), in.narrow.data()}, scales.data(), {groups, group},
                         expected.data());
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(out[i], expected[i])
            << "group " << group << " element " << i << " scale " << scales[i / group];
      }
      ASSERT_EQ(got.back(), 0xDEAD) << "wrote past the end";
    }
  }
}

// Every scale with every code, once for each target: the table of products is exact over its whole domain.
TEST_P(Fp6Stream, DequantisesEveryCodeUnderEveryScale) {
  const auto& [target, format, split] = GetParam();
  std::vector<std::uint8_t> codes(64);
  for (std::size_t i = 0; i < 64; ++i) codes[i] = static_cast<std::uint8_t>(i * 37 % 64);
  const PackedCodes one = pack_linear(split, codes);
  std::vector<std::uint16_t> out(64);
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto scale = static_cast<std::uint16_t>(bits);
    if ((scale & 0x7C00) == 0x7C00) continue;
    ASSERT_EQ(dequantize_fp6(format, split, one.wide, one.narrow, std::span(&scale, 1), 64, out),
              StreamStatus::kDone);
    for (std::size_t i = 0; i < 64; ++i) {
      ASSERT_EQ(out[i], to_binary16(decode(format, codes[i]) * from_binary16(scale)))
          << "scale " << bits << " code " << unsigned(codes[i]);
    }
  }
}

// Beyond what caches hold another kind of store is used; from aligned, 16-byte-aligned and odd addresses.
TEST_P(Fp6Stream, LargeOutputsAreTheSame) {
  const auto& [target, format, split] = GetParam();
  const std::size_t count = std::size_t{4} << 20;
  std::mt19937 random(37);
  Packed in(split, count);
  for (auto& word : in.wide) word = static_cast<std::uint32_t>(random());
  for (auto& word : in.narrow) word = static_cast<std::uint32_t>(random());
  for (const std::size_t group : {std::size_t{96}, std::size_t{8192}}) {
    const std::size_t here = count / 8192 * 8192 / group * group;
    if (linear_size(split, here).narrow_words > in.narrow.size()) continue;
    const std::size_t groups = here / group;
    std::vector<std::uint16_t> scales(groups, to_binary16(0.0123f));
    std::vector<std::uint16_t> storage(here + 64), expected(here);
    const ConstPackedRun words{in.wide.data(), in.narrow.data()};
    scalar::dequantize(format, split, words, scales.data(), {groups, group}, expected.data());
    const std::size_t to_line = (64 - reinterpret_cast<std::uintptr_t>(storage.data()) % 64) % 64 / 2;
    for (const std::size_t offset : {to_line, to_line + 8, to_line + 1}) {
      const auto out = std::span(storage).subspan(offset, here);
      std::fill(storage.begin(), storage.end(), std::uint16_t{0xDEAD});
      const LinearSize size = linear_size(split, here);
      ASSERT_EQ(dequantize_fp6(format, split, std::span(in.wide).first(size.wide_words),
                               std::span(in.narrow).first(size.narrow_words), scales, group, out),
                StreamStatus::kDone);
      ASSERT_TRUE(std::equal(out.begin(), out.end(), expected.begin())) << group << " at " << offset;
    }
  }
}

TEST_P(Fp6Stream, BadArgumentsAreValuesNotCrashes) {
  const auto& [target, format, split] = GetParam();
  std::vector<float> weights(64, 1.0f);
  Packed words(split, 64);
  std::vector<std::uint16_t> scales(2, 0x3C00), out(64);
  EXPECT_EQ(encode_and_pack_fp6(kE4M3, split, weights, words.wide, words.narrow), StreamStatus::kFormat);
  EXPECT_EQ(encode_and_pack_fp6(format, Split::k2Plus4, weights, words.wide, words.narrow),
            StreamStatus::kSplit);
  EXPECT_EQ(encode_and_pack_fp6(format, split, std::span(weights).first(63), std::span(words.wide).first(7),
                                words.narrow),
            StreamStatus::kSizes);
  EXPECT_EQ(quantize_and_pack_fp6(format, split, weights, 24, words.wide, words.narrow, scales),
            StreamStatus::kGroup);
  EXPECT_EQ(quantize_and_pack_fp6(format, split, weights, 0, words.wide, words.narrow, scales),
            StreamStatus::kGroup);
  EXPECT_EQ(quantize_and_pack_fp6(format, split, weights, 16, words.wide, words.narrow, scales),
            StreamStatus::kSizes);
  EXPECT_EQ(dequantize_fp6(format, split, words.wide, words.narrow, scales, 64, out), StreamStatus::kSizes);
  for (const float bad : {NAN, -NAN, INFINITY, -INFINITY}) {
    weights[40] = bad;
    EXPECT_EQ(quantize_and_pack_fp6(format, split, weights, 32, words.wide, words.narrow, scales),
              StreamStatus::kNonFiniteWeight);
  }
  scales[1] = 0x7C00;
  EXPECT_EQ(dequantize_fp6(format, split, words.wide, words.narrow, scales, 32, out),
            StreamStatus::kNonFiniteScale);
  EXPECT_EQ(dequantize_fp6(format, split, {}, {}, {}, 32, {}), StreamStatus::kDone);
  EXPECT_EQ(describe(StreamStatus::kNonFiniteScale), "a scale is infinite or NaN");
}

INSTANTIATE_TEST_SUITE_P(Targets, Fp6Stream, testing::ValuesIn(cases()), [](const auto& param) {
  return param.param.target + (param.param.format == kE3M2 ? "_E3M2" : "_E2M3") +
         (param.param.split == Split::k4Plus2 ? "_4p2" : "_4p2byte");
});

TEST(SimdTarget, UnknownNamesAreRefused) {
  EXPECT_THROW(use_simd_target("AVX9"), Error);
  for (const auto& target : simd_targets()) RecordProperty(target, 1);
  EXPECT_FALSE(simd_targets().empty());
}

}  // namespace
}  // namespace fp6sim::emu
