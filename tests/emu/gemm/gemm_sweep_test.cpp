// Every instruction set this machine runs against the scalar reference, on operands chosen to break the
// vector path: sums at their largest, cancellation, subnormals, zeros of both signs, infinities, NaNs, huge
// and tiny C.
#include <gtest/gtest.h>

#include <cstring>

#include "emu/mma/mma.h"
#include "emu/simd/target.h"
#include "tests/emu/gemm/replay.h"
#include "tests/emu/mma/adversarial.h"

namespace fp6sim::emu {
namespace {

class EachTarget : public testing::Test {
 protected:
  ~EachTarget() override { use_simd_target(""); }
};

std::vector<std::uint16_t> matrix(test::OperandSource& source, test::Stress stress, const FloatFormat& format,
                                  std::size_t size) {
  std::vector<std::uint16_t> codes(size);
  // Rows of one stress among ordinary ones, so that lanes of one panel part ways.
  for (auto& code : codes)
    code = source.code(source.below(3) == 0 ? test::Stress::kOrdinary : stress, format);
  return codes;
}

struct Case {
  Architecture architecture;
  TileInput input;
  std::string target, what;
};

void expect_gemm_equals_replay(const Case& tried, const GemmShape& shape, std::span<const std::uint16_t> w,
                               std::span<const std::uint16_t> x) {
  const GemmSchedule schedule{
      .architecture = tried.architecture, .input = tried.input, .tile_k = 32, .split_k = 2};
  std::vector<float> y(static_cast<std::size_t>(shape.m * shape.n));
  exact_gemm(schedule, shape, w, x, std::span<float>(y));
  for (std::int64_t n = 0; n < shape.n; ++n) {
    for (std::int64_t m = 0; m < shape.m; ++m) {
      const std::uint32_t expected = test::replay_output(schedule, shape, w, x, m, n);
      const auto actual = std::bit_cast<std::uint32_t>(y[static_cast<std::size_t>(n * shape.m + m)]);
      ASSERT_EQ(actual, expected) << tried.target << " " << architecture_name(tried.architecture) << " "
                                  << tried.what << " m " << m << " n " << n;
    }
  }
}

void sweep_stress(Architecture architecture, TileInput input, test::Stress stress, std::uint64_t seed,
                  const std::string& target) {
  test::OperandSource source(seed);
  const FloatFormat format = input == TileInput::kBinary16 ? kFp16 : kBf16;
  const auto w = matrix(source, stress, format, 67 * 160);
  const auto x = matrix(source, source.below(2) != 0 ? stress : test::Stress::kOrdinary, format, 3 * 160);
  const Case tried{architecture, input, target, "stress " + std::to_string(static_cast<int>(stress))};
  expect_gemm_equals_replay(tried, {67, 160, 3}, w, x);
}

TEST_F(EachTarget, GemmEqualsTheReference) {
  for (const std::string& target : simd_targets()) {
    use_simd_target(target);
    for (const Architecture architecture :
         {Architecture::kVolta, Architecture::kTuring, Architecture::kAmpere, Architecture::kHopper}) {
      for (const test::Stress stress : test::kAllStress) {
        const auto seed = static_cast<std::uint64_t>(stress) * 31 + static_cast<std::uint64_t>(architecture);
        sweep_stress(architecture, TileInput::kBinary16, stress, seed, target);
        if (architecture >= Architecture::kAmpere) {
          sweep_stress(architecture, TileInput::kBfloat16, stress, seed + 7, target);
        }
      }
    }
  }
}

// Steps whose activations are all zero, between steps of the least products the vector path takes: E is then
// cut off beside a C of zero, or C alone sets it; weights are at their greatest where they meet zeros.
TEST_F(EachTarget, StepsOfZeros) {
  for (const std::string& target : simd_targets()) {
    use_simd_target(target);
    for (const TileInput input : {TileInput::kBinary16, TileInput::kBfloat16}) {
      for (const Architecture architecture : {Architecture::kAmpere, Architecture::kHopper}) {
        test::OperandSource source(7);
        const FloatFormat format = input == TileInput::kBinary16 ? kFp16 : kBf16;
        const auto code = [&](int exponent) {
          const auto field = static_cast<std::uint32_t>(exponent + format.bias) << format.mantissa_bits;
          return static_cast<std::uint16_t>(field | source.below(1u << format.mantissa_bits) |
                                            (source.below(2) != 0 ? format.sign_mask() : 0));
        };
        const int lowest = input == TileInput::kBinary16 ? -14 : -32;
        std::vector<std::uint16_t> w(67 * 320), x(5 * 320);
        for (std::size_t i = 0; i < x.size(); ++i)
          x[i] = (i % 320) / 16 % 2 == i / 320 % 2 ? 0 : code(lowest);
        for (std::size_t i = 0; i < w.size(); ++i)
          w[i] = code((i % 320) / 16 % 2 == i / 320 % 2 ? 9 + static_cast<int>(source.below(7)) : lowest);
        expect_gemm_equals_replay({architecture, input, target, "steps of zeros"}, {67, 320, 5}, w, x);
      }
    }
  }
}

void expect_tile_equals_reference(Architecture architecture, TileInput input, test::Stress stress,
                                  test::OperandSource& source, const std::string& target) {
  const FloatFormat format = input == TileInput::kBinary16 ? kFp16 : kBf16;
  const MmaContext context = mma_context(architecture, format, format);
  auto a = matrix(source, stress, format, 256);
  const auto b = matrix(source, source.below(2) != 0 ? stress : test::Stress::kOrdinary, format, 128);
  std::uint32_t c[128], d[128];
  const bool any_addend = source.below(2) != 0;
  for (auto& bits : c) bits = any_addend ? source.addend(false) : 0x3F800000u + source.below(1u << 23);
  float values[128];
  std::memcpy(values, c, sizeof c);
  mma_m16n8k16(architecture, input, a.data(), b.data(), values, values);
  std::memcpy(d, values, sizeof d);
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t column = 0; column < 8; ++column) {
      const std::uint32_t expected = mma_chain(context, std::span(a).subspan(row * 16, 16),
                                               std::span(b).subspan(column * 16, 16), c[row * 8 + column]);
      ASSERT_EQ(d[row * 8 + column], expected)
          << target << " " << architecture_name(architecture) << " stress " << static_cast<int>(stress)
          << " row " << row << " column " << column;
    }
  }
}

TEST_F(EachTarget, TileEqualsTheReference) {
  for (const std::string& target : simd_targets()) {
    use_simd_target(target);
    test::OperandSource source(99);
    for (int a = 0; a <= static_cast<int>(Architecture::kBlackwell); ++a) {
      const auto architecture = static_cast<Architecture>(a);
      for (const test::Stress stress : test::kAllStress) {
        for (int trial = 0; trial < 60; ++trial) {
          expect_tile_equals_reference(architecture, TileInput::kBinary16, stress, source, target);
          if (architecture >= Architecture::kAmpere) {
            expect_tile_equals_reference(architecture, TileInput::kBfloat16, stress, source, target);
          }
        }
      }
    }
  }
}

// The one sum that leaves int32: sixteen products of almost 4 on Hopper's grid.
TEST_F(EachTarget, LargestSum) {
  const std::vector<std::uint16_t> ones(256, 0x3FFF), columns(128, 0x3FFF), negative(128, 0xBFFF);
  for (const std::string& target : simd_targets()) {
    use_simd_target(target);
    for (const auto& b : {columns, negative}) {
      const MmaContext context = mma_context(Architecture::kHopper, kFp16, kFp16);
      const std::uint32_t expected =
          mma_chain(context, std::span(ones).subspan(0, 16), std::span(b).subspan(0, 16), 0x3FFFFFFFu);
      std::vector<float> c(128, std::bit_cast<float>(0x3FFFFFFFu)), d(128);
      mma_m16n8k16(Architecture::kHopper, TileInput::kBinary16, ones.data(), b.data(), c.data(), d.data());
      for (const float value : d) ASSERT_EQ(std::bit_cast<std::uint32_t>(value), expected) << target;
    }
  }
}

}  // namespace
}  // namespace fp6sim::emu
