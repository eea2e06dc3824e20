// GPTQ beats RTN where inputs are correlated, equals it where they are not, and refuses what it cannot do.
#include "emu/gptq/gptq.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "emu/dequantize.h"
#include "emu/error.h"
#include "emu/parallel.h"

namespace fp6sim::emu {
namespace {

constexpr std::size_t kRows = 40;
constexpr std::size_t kColumns = 256;

std::vector<float> normal(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> gauss(0.0f, 1.0f);
  std::vector<float> values(count);
  for (auto& v : values) v = gauss(random);
  return values;
}

// Inputs that mix 24 hidden causes, with channels of very different sizes: what layers of a language model
// see.
std::vector<float> correlated_activations(std::size_t tokens, std::uint32_t seed) {
  const auto mixing = normal(24 * kColumns, 1000);
  const auto causes = normal(tokens * 24, seed);
  const auto noise = normal(tokens * kColumns, seed + 1);
  std::vector<float> x(tokens * kColumns);
  for (std::size_t t = 0; t < tokens; ++t) {
    for (std::size_t k = 0; k < kColumns; ++k) {
      float sum = 0.3f * noise[t * kColumns + k];
      for (std::size_t c = 0; c < 24; ++c) sum += causes[t * 24 + c] * mixing[c * kColumns + k];
      x[t * kColumns + k] = sum * (k % 17 == 0 ? 8.0f : 1.0f);
    }
  }
  return x;
}

CalibrationHessian hessian_of(const std::vector<float>& activations) {
  CalibrationHessian hessian(kColumns);
  hessian.add(activations);
  return hessian;
}

GptqSpec spec_of(std::string_view format, std::size_t group) {
  GptqSpec spec;
  spec.quantize.format = format_by_name(format);
  spec.quantize.group = group;
  return spec;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Gptq, OutputErrorIsBelowRtnForEveryKindOfFormat) {
  const auto weights = normal(kRows * kColumns, 5);
  const CalibrationHessian calibration = hessian_of(correlated_activations(1024, 6));
  const CalibrationHessian held_out = hessian_of(correlated_activations(512, 99));
  for (const char* format : {"e3m2", "e2m3", "e2m1", "int4", "int6"}) {
    for (const std::size_t group : {kWholeRow, std::size_t{64}}) {
      for (const bool act_order : {false, true}) {
        GptqSpec spec = spec_of(format, group);
        spec.act_order = act_order;
        spec.quantize.zero_point = format == std::string_view("int4");
        const QuantizedMatrix rtn = quantize(weights, kRows, kColumns, spec.quantize);
        const GptqResult ours = gptq(weights, kRows, kColumns, calibration, spec);
        EXPECT_EQ(ours.damping, 0.01);
        for (const auto* hessian : {&calibration, &held_out}) {
          EXPECT_LT(mean_squared_output_error(weights, ours.matrix, *hessian),
                    0.7 * mean_squared_output_error(weights, rtn, *hessian))
              << format << " group " << group << " act order " << act_order;
        }
      }
    }
  }
}

// The error measure itself, against outputs computed one by one.
TEST(Gptq, OutputErrorIsTheMeanSquareOverTokens) {
  const std::size_t rows = 3, tokens = 20;
  const auto weights = normal(rows * kColumns, 50);
  const auto x = correlated_activations(tokens, 51);
  const QuantizedMatrix matrix = quantize(weights, rows, kColumns, spec_of("int4", 64).quantize);
  std::vector<float> back(weights.size());
  dequantize_to_binary32(matrix, back);
  double sum = 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    for (std::size_t r = 0; r < rows; ++r) {
      double y = 0;
      for (std::size_t k = 0; k < kColumns; ++k) {
        const std::size_t at = r * kColumns + k;
        y += (double(weights[at]) - double(back[at])) * double(x[t * kColumns + k]);
      }
      sum += y * y;
    }
  }
  EXPECT_NEAR(mean_squared_output_error(weights, matrix, hessian_of(x)), sum / tokens, 1e-9 * sum);
}

TEST(Gptq, UncorrelatedInputsGiveRtn) {
  const auto weights = normal(kRows * kColumns, 7);
  // One channel a token: the Hessian is diagonal, its entries all different.
  std::vector<float> x(kColumns * kColumns, 0.0f);
  for (std::size_t k = 0; k < kColumns; ++k) x[k * kColumns + k] = 1.0f + static_cast<float>(k);
  for (const std::size_t group : {kWholeRow, std::size_t{32}}) {
    for (const bool act_order : {false, true}) {
      GptqSpec spec = spec_of("e3m2", group);
      spec.act_order = act_order;
      const QuantizedMatrix rtn = quantize(weights, kRows, kColumns, spec.quantize);
      const GptqResult ours = gptq(weights, kRows, kColumns, hessian_of(x), spec);
      EXPECT_EQ(ours.matrix.codes, rtn.codes);
      EXPECT_EQ(ours.matrix.scales, rtn.scales);
    }
  }
}

TEST(Gptq, InputsNeverSeenAreRoundedToNearest) {
  const auto weights = normal(kRows * kColumns, 8);
  auto x = correlated_activations(600, 9);
  for (std::size_t t = 0; t < 600; ++t) x[t * kColumns + 100] = 0.0f;
  const GptqSpec spec = spec_of("int6", kWholeRow);
  const QuantizedMatrix rtn = quantize(weights, kRows, kColumns, spec.quantize);
  const GptqResult ours = gptq(weights, kRows, kColumns, hessian_of(x), spec);
  for (std::size_t r = 0; r < kRows; ++r)
    EXPECT_EQ(ours.matrix.codes[r * kColumns + 100], rtn.codes[r * kColumns + 100]);
}

TEST(Gptq, BlocksAndThreadsChangeNoCode) {
  const auto weights = normal(kRows * kColumns, 11);
  const CalibrationHessian hessian = hessian_of(correlated_activations(700, 12));
  for (const std::size_t group : {kWholeRow, std::size_t{64}}) {
    for (const bool act_order : {false, true}) {
      GptqSpec spec = spec_of("int4", group);
      spec.act_order = act_order;
      spec.block = 1;  // every column at once updates all that follow
      set_thread_count(1);
      const GptqResult unblocked = gptq(weights, kRows, kColumns, hessian, spec);
      set_thread_count(4);
      for (const std::size_t block : {std::size_t{24}, std::size_t{128}, std::size_t{1000}}) {
        spec.block = block;
        const GptqResult blocked = gptq(weights, kRows, kColumns, hessian, spec);
        EXPECT_EQ(blocked.matrix.codes, unblocked.matrix.codes) << block;
        EXPECT_EQ(blocked.matrix.scales, unblocked.matrix.scales) << block;
      }
      set_thread_count(0);
    }
  }
}

TEST(Gptq, CalibrationInBatchesIsTheSameAsAtOnce) {
  const auto x = correlated_activations(300, 13);
  CalibrationHessian in_batches(kColumns);
  in_batches.add(std::span(x).first(100 * kColumns));
  in_batches.add(std::span(x).subspan(100 * kColumns));
  const CalibrationHessian at_once = hessian_of(x);
  EXPECT_EQ(in_batches.tokens(), at_once.tokens());
  for (std::size_t j = 0; j < kColumns; ++j) {
    for (std::size_t i = j; i < kColumns; ++i) {
      const double a = in_batches.lower()[j * kColumns + i];
      ASSERT_NEAR(a, at_once.lower()[j * kColumns + i], 1e-9 * (1 + std::fabs(a)));
    }
  }
}

// Fewer tokens than columns: singular without damping. The fallback says how much it took, and still beats
// RTN.
TEST(Gptq, SingularHessianTakesMoreDamping) {
  const auto weights = normal(kRows * kColumns, 14);
  const CalibrationHessian few = hessian_of(correlated_activations(10, 15));
  GptqSpec spec = spec_of("e3m2", kWholeRow);
  spec.damping = 0;
  const GptqResult result = gptq(weights, kRows, kColumns, few, spec);
  EXPECT_GE(result.damping, 1e-4);
  EXPECT_LE(result.damping, 1.0);
  const QuantizedMatrix rtn = quantize(weights, kRows, kColumns, spec.quantize);
  EXPECT_LT(mean_squared_output_error(weights, result.matrix, few),
            mean_squared_output_error(weights, rtn, few));
  // A single token, and one that is all zeros.
  EXPECT_NO_THROW(gptq(weights, kRows, kColumns, hessian_of(correlated_activations(1, 16)), spec));
  const GptqResult silent =
      gptq(weights, kRows, kColumns, hessian_of(std::vector<float>(kColumns, 0.0f)), spec);
  EXPECT_EQ(silent.matrix.codes, rtn.codes);
}

TEST(Gptq, BadInputIsRefusedByName) {
  auto weights = normal(kRows * kColumns, 17);
  const CalibrationHessian hessian = hessian_of(correlated_activations(300, 18));
  const GptqSpec good = spec_of("e3m2", 64);
  const auto run = [&](const CalibrationHessian& h, const GptqSpec& spec) {
    return message_of([&] { gptq(weights, kRows, kColumns, h, spec, "down.weight"); });
  };
  EXPECT_NE(run(CalibrationHessian(kColumns), good).find("no calibration activations for down.weight"),
            std::string::npos);
  CalibrationHessian narrow(8);
  narrow.add(std::vector<float>(8, 1.0f));
  EXPECT_NE(run(narrow, good).find("256 columns, its calibration 8"), std::string::npos);
  GptqSpec bad = good;
  bad.damping = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(run(hessian, bad).find("damping"), std::string::npos);
  bad = good;
  bad.block = 0;
  EXPECT_NE(run(hessian, bad).find("block"), std::string::npos);
  EXPECT_NE(run(hessian, spec_of("e3m2", 100)).find("group size 100"), std::string::npos);
  weights[3 * kColumns + 2] = INFINITY;
  bad = good;
  bad.quantize.non_finite = NonFinite::kSaturate;
  EXPECT_NE(run(hessian, bad).find("down.weight[3, 2] is +inf"), std::string::npos);
  CalibrationHessian fresh(kColumns);
  EXPECT_NE(message_of([&] { fresh.add(std::vector<float>(kColumns + 1, 1.0f)); }).find("257 elements"),
            std::string::npos);
  std::vector<float> nan(2 * kColumns, 1.0f);
  nan[kColumns + 4] = NAN;
  EXPECT_NE(message_of([&] { fresh.add(nan); }).find("[1, 4] is not finite"), std::string::npos);
  EXPECT_EQ(fresh.tokens(), 0u);
  EXPECT_THROW(CalibrationHessian(0), Error);
  EXPECT_THROW(CalibrationHessian(std::size_t{1} << 40), Error);
}

}  // namespace
}  // namespace fp6sim::emu
