// The GEMM's order of summation, its edges and its errors, against the definition.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>

#include "emu/error.h"
#include "emu/parallel.h"
#include "tests/emu/gemm/replay.h"

namespace fp6sim::emu {
namespace {

struct Operands {
  std::vector<std::uint16_t> w, x;
};

Operands ordinary(const GemmShape& shape, TileInput input, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  const auto code = [&](float value) {
    return input == TileInput::kBinary16 ? to_binary16(value) : to_bfloat16(value);
  };
  Operands operands;
  for (std::int64_t i = 0; i < shape.m * shape.k; ++i) operands.w.push_back(code(normal(random) * 0.02f));
  for (std::int64_t i = 0; i < shape.n * shape.k; ++i) operands.x.push_back(code(normal(random)));
  return operands;
}

void expect_equals_definition(const GemmSchedule& schedule, const GemmShape& shape) {
  const Operands operands = ordinary(shape, schedule.input, 17);
  std::vector<float> y(static_cast<std::size_t>(shape.m * shape.n), -777.0f);
  exact_gemm(schedule, shape, operands.w, operands.x, std::span<float>(y));
  for (std::int64_t n = 0; n < shape.n; ++n) {
    for (std::int64_t m = 0; m < shape.m; ++m) {
      const auto at = static_cast<std::size_t>(n * shape.m + m);
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[at]),
                test::replay_output(schedule, shape, operands.w, operands.x, m, n))
          << "m " << m << " n " << n << " of " << shape.m << "x" << shape.k << "x" << shape.n;
    }
  }
}

TEST(ExactGemm, EveryArchitectureAndInput) {
  // Ragged in every direction: rows beyond a panel, k beyond a tile and a chunk, an odd batch.
  const GemmShape shape{70, 301, 3};
  for (int a = 0; a <= static_cast<int>(Architecture::kBlackwell); ++a) {
    const auto architecture = static_cast<Architecture>(a);
    expect_equals_definition({.architecture = architecture}, shape);
    if (architecture >= Architecture::kAmpere) {
      expect_equals_definition({.architecture = architecture, .input = TileInput::kBfloat16}, shape);
    }
  }
}

TEST(ExactGemm, SmallestShapes) {
  for (const GemmShape shape :
       {GemmShape{1, 1, 1}, GemmShape{1, 16, 1}, GemmShape{65, 7, 2}, GemmShape{64, 128, 1}}) {
    expect_equals_definition({.tile_k = 16}, shape);
  }
}

TEST(ExactGemm, Splits) {
  // 10 tiles: even, uneven, as many as tiles, and more than tiles (some splits are empty).
  for (const int split_k : {2, 3, 7, 10, 13})
    expect_equals_definition({.tile_k = 32, .split_k = split_k}, {33, 310, 2});
  expect_equals_definition({.tile_k = 32, .split_k = 4, .split_tiles = {0, 1, 1, 9}}, {33, 310, 2});
}

TEST(ExactGemm, PartialSumsInBinary16) {
  expect_equals_definition({.tile_k = 32, .split_k = 4, .reduction = Accumulate::kF16}, {33, 310, 2});
  // 2048 + 1 + 1 in binary16: each 1 is half a unit in the last place and is lost to the even neighbour.
  const std::vector<std::uint16_t> w(48, 0x3C00);
  std::vector<std::uint16_t> x(48, 0);
  x[0] = 0x6800;
  x[16] = x[32] = 0x3C00;
  std::vector<float> y(1);
  exact_gemm({.tile_k = 16, .split_k = 3, .reduction = Accumulate::kF16}, {1, 48, 1}, w, x,
             std::span<float>(y));
  EXPECT_EQ(y[0], 2048.0f);
  exact_gemm({.tile_k = 16, .split_k = 3}, {1, 48, 1}, w, x, std::span<float>(y));
  EXPECT_EQ(y[0], 2050.0f);
}

TEST(ExactGemm, ReorderedK) {
  std::vector<int> order(64);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
  expect_equals_definition({.k_order = order}, {40, 200, 2});
}

TEST(ExactGemm, Binary16Accumulation) {
  expect_equals_definition(
      {.architecture = Architecture::kTuring, .accumulate = Accumulate::kF16, .split_k = 2}, {20, 200, 3});
}

TEST(ExactGemm, OptionsReachTheSum) {
  for (const ZeroExponent zero : {ZeroExponent::kBinary32, ZeroExponent::kFormat, ZeroExponent::kIgnored}) {
    expect_equals_definition({.options = {.zero_exponent = zero}}, {33, 100, 2});
    expect_equals_definition({.architecture = Architecture::kHopper,
                              .input = TileInput::kBfloat16,
                              .options = {.zero_exponent = zero}},
                             {33, 100, 2});
  }
  expect_equals_definition({.options = {.all_negative_zero = ZeroSign::kNegative}}, {33, 100, 2});
}

TEST(ExactGemm, ArchitecturesDiffer) {
  // Otherwise the schedule's architecture would not reach the arithmetic.
  const GemmShape shape{64, 512, 4};
  const Operands operands = ordinary(shape, TileInput::kBinary16, 5);
  std::vector<float> ampere(256), hopper(256);
  exact_gemm({.architecture = Architecture::kAmpere}, shape, operands.w, operands.x,
             std::span<float>(ampere));
  exact_gemm({.architecture = Architecture::kHopper}, shape, operands.w, operands.x,
             std::span<float>(hopper));
  EXPECT_NE(ampere, hopper);
}

TEST(ExactGemm, SameBitsOnAnyNumberOfThreadsAndFromRowsOnTheFly) {
  const GemmShape shape{300, 200, 5};
  const Operands operands = ordinary(shape, TileInput::kBinary16, 8);
  std::vector<float> one(1500), four(1500);
  set_thread_count(1);
  exact_gemm({}, shape, operands.w, operands.x, std::span<float>(one));
  set_thread_count(4);
  const WeightRows rows = [&](std::int64_t first, std::int64_t count, std::uint16_t* codes) {
    std::copy_n(operands.w.data() + first * shape.k, count * shape.k, codes);
  };
  exact_gemm({}, shape, rows, operands.x, std::span<float>(four));
  set_thread_count(0);
  EXPECT_EQ(one, four);
}

TEST(ExactGemm, RoundsOnceToTheOutputType) {
  const GemmShape shape{40, 96, 3};
  for (const TileInput input : {TileInput::kBinary16, TileInput::kBfloat16}) {
    const Operands operands = ordinary(shape, input, 9);
    std::vector<float> exact(120);
    std::vector<std::uint16_t> rounded(120);
    exact_gemm({.input = input}, shape, operands.w, operands.x, std::span<float>(exact));
    exact_gemm({.input = input}, shape, operands.w, operands.x, std::span<std::uint16_t>(rounded));
    for (std::size_t i = 0; i < exact.size(); ++i) {
      EXPECT_EQ(rounded[i], input == TileInput::kBinary16 ? to_binary16(exact[i]) : to_bfloat16(exact[i]));
    }
  }
}

/// The message exact_gemm() throws, "" if none.
std::string refusal(const GemmSchedule& schedule, const GemmShape& shape, std::size_t w, std::size_t x,
                    std::size_t y) {
  std::vector<std::uint16_t> weights(w), activations(x);
  std::vector<float> results(y);
  try {
    exact_gemm(schedule, shape, weights, activations, std::span<float>(results));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ExactGemm, RefusesWhatDoesNotFit) {
  const GemmShape shape{4, 16, 2};
  EXPECT_EQ(refusal({}, shape, 64, 32, 8), "");
  EXPECT_NE(refusal({}, shape, 63, 32, 8).find("W has 63 elements"), std::string::npos);
  EXPECT_NE(refusal({}, shape, 64, 33, 8).find("X has 33 elements"), std::string::npos);
  EXPECT_NE(refusal({}, shape, 64, 32, 7).find("Y has 7 elements"), std::string::npos);
  EXPECT_NE(refusal({}, {0, 16, 2}, 0, 32, 0).find("M is 0"), std::string::npos);
  EXPECT_NE(refusal({}, {4, -1, 2}, 0, 0, 8).find("K is -1"), std::string::npos);
  EXPECT_NE(refusal({.tile_k = 24}, shape, 64, 32, 8).find("tile_k is 24"), std::string::npos);
  EXPECT_NE(refusal({.split_k = 0}, shape, 64, 32, 8).find("split_k is 0"), std::string::npos);
  EXPECT_NE(refusal({.split_k = 2, .split_tiles = {0, 2}}, shape, 64, 32, 8).find("split_tiles"),
            std::string::npos);
  EXPECT_NE(refusal({.tile_k = 16, .k_order = {0, 1}}, shape, 64, 32, 8).find("k_order"), std::string::npos);
  EXPECT_NE(refusal({.architecture = Architecture::kVolta, .input = TileInput::kBfloat16}, shape, 64, 32, 8)
                .find("volta"),
            std::string::npos);
}

}  // namespace
}  // namespace fp6sim::emu
