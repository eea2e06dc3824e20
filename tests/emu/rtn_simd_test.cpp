// quantize()'s inner loops on every SIMD target: codes equal quantize_one()'s, searched scales equal the
// reference's.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "emu/error.h"
#include "emu/quantize.h"
#include "emu/simd/rtn_parts.h"
#include "emu/simd/target.h"

namespace fp6sim::emu {
namespace {

class RtnSimd : public testing::TestWithParam<std::string> {
 protected:
  RtnSimd() { use_simd_target(GetParam()); }
  ~RtnSimd() override { use_simd_target(""); }
};

std::vector<QuantizeSpec> specs() {
  std::vector<QuantizeSpec> all;
  for (const Format& format : formats()) {
    if (format.bits > 8) continue;
    for (const bool zero_point : {false, true}) {
      if (zero_point && format.is_float()) continue;
      for (const auto storage : {ScaleStorage::kBinary16, ScaleStorage::kBinary32, ScaleStorage::kE8M0}) {
        QuantizeSpec spec;
        spec.format = format;
        spec.zero_point = zero_point;
        spec.storage = storage;
        all.push_back(spec);
      }
    }
  }
  return all;
}

// Ordinary weights, ties of small formats, subnormals, both zeros, enormous values; any finite bits.
std::vector<float> hostile_weights(std::size_t count, std::mt19937& random) {
  std::vector<float> weights(count);
  const bool wild = random() % 3 == 0;
  for (auto& w : weights) {
    w = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 64.0f;
    if (random() % 4 == 0) w *= 0.037f;
    if (random() % 16 == 0) w = -0.0f;
    if (wild && random() % 2 == 0) w = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(w)) w = 1e-42f;
  }
  return weights;
}

TEST_P(RtnSimd, CodesAreQuantizeOnes) {
  std::mt19937 random(41);
  for (const QuantizeSpec& spec : specs()) {
    for (const std::size_t count : {1u, 7u, 8u, 16u, 31u, 64u, 128u, 257u}) {
      for (int round = 0; round < 4; ++round) {
        const auto weights = hostile_weights(count, random);
        const GroupScale scale = choose_scale(weights, spec);
        std::vector<std::uint8_t> codes(count, 0xAA);
        quantize_group(weights, scale, spec, 0, codes);
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(codes[i], quantize_one(weights[i], scale, spec, i))
              << spec.format.name << " zero point " << spec.zero_point << ", weight " << weights[i] << " / "
              << scale.divisor;
        }
      }
    }
  }
}

// The order of additions is fixed, so a search compares the same sums on every target and ends at the same
// scale.
TEST_P(RtnSimd, SearchedScalesAreTheReferences) {
  std::mt19937 random(43);
  for (QuantizeSpec spec : specs()) {
    spec.rule = ScaleRule::kSquaredError;
    for (const std::size_t count : {5u, 32u, 100u, 128u}) {
      const auto weights = hostile_weights(count, random);
      use_simd_target(GetParam());
      const GroupScale ours = choose_scale(weights, spec);
      use_simd_target("SCALAR");
      const GroupScale reference = choose_scale(weights, spec);
      ASSERT_EQ(ours.stored, reference.stored) << spec.format.name << " of " << count;
      ASSERT_EQ(ours.zero, reference.zero) << spec.format.name << " of " << count;
    }
  }
}

#ifdef FP6SIM_HIGHWAY
TEST_P(RtnSimd, ErrorSumsAreTheReferencesBits) {
  std::mt19937 random(47);
  for (const QuantizeSpec& spec : specs()) {
    const auto weights = hostile_weights(120, random);
    const GroupScale scale = choose_scale(weights, spec);
    RtnRule rule;
    ASSERT_TRUE(rtn_rule(spec, scale, rule));
    ErrorParts ours{}, reference{};
    const std::size_t taken = simd::rtn_error(rule, weights.data(), weights.size(), ours);
    for (std::size_t i = 0; i < taken; ++i) {
      const float back =
          code_value(spec, quantize_one(weights[i], scale, spec, 0), scale.zero) * scale.stored;
      const double error = double(weights[i]) - double(back);
      reference[i % 8] += error * error;
    }
    ASSERT_EQ(ours, reference) << spec.format.name;
  }
}
#endif

TEST_P(RtnSimd, NonFiniteWeightsAreFoundWhereverTheyAre) {
  QuantizeSpec spec;
  for (std::size_t at = 0; at < 80; ++at) {
    for (const float bad : {NAN, -NAN, INFINITY, -INFINITY}) {
      std::vector<float> weights(80, 0.5f);
      weights[at] = bad;
      EXPECT_THROW(quantize(weights, 1, 80, spec), Error) << at;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, RtnSimd, testing::ValuesIn(simd_targets()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace fp6sim::emu
