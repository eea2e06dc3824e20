// The reference against an implementation with arbitrary-width integers that shares no code with it.
#include "tests/emu/mma/oracle.h"

#include <gtest/gtest.h>

#include <vector>

#include "emu/error.h"
#include "emu/mma/mma.h"
#include "tests/emu/mma/adversarial.h"

namespace fp6sim::emu {
namespace {

struct Pair {
  InputClass inputs;
  FloatFormat a, b;
  oracle::Format oracle_a, oracle_b;
};

// Every input class with a same-format and, where the class allows it, a mixed pair.
const Pair kPairs[] = {
    {InputClass::kBinary16, kFp16, kFp16, oracle::kBinary16, oracle::kBinary16},
    {InputClass::kBfloat16, kBf16, kBf16, oracle::kBfloat16, oracle::kBfloat16},
    {InputClass::kFp8, kE4M3, kE4M3, oracle::kFp8E4M3, oracle::kFp8E4M3},
    {InputClass::kFp8, kE5M2, kE4M3, oracle::kFp8E5M2, oracle::kFp8E4M3},
    {InputClass::kF8F6F4, kE3M2, kE4M3, oracle::kFp6E3M2, oracle::kFp8E4M3},
    {InputClass::kF8F6F4, kE2M1, kE3M2, oracle::kFp4E2M1, oracle::kFp6E3M2},
};

void expect_rule_equals_oracle(const MmaRule& rule, const Pair& pair, Accumulate accumulate) {
  const MmaContext context{rule, pair.a, pair.b, accumulate};
  const auto n = static_cast<std::size_t>(rule.products_per_step);
  const bool binary16 = accumulate == Accumulate::kF16;
  test::OperandSource source(static_cast<std::uint64_t>(rule.fraction_bits) * 1000 + n);
  std::vector<std::uint16_t> a(n), b(n);
  for (const test::Stress stress : test::kAllStress) {
    for (int trial = 0; trial < 1000; ++trial) {
      source.fill(stress, pair.a, pair.b, a, b);
      const std::uint32_t c = source.addend(binary16);
      const std::uint32_t expected = oracle::fused_step(
          pair.oracle_a, pair.oracle_b, binary16, rule.fraction_bits, rule.f32_significant_bits, a, b, c);
      ASSERT_EQ(fused_step(context, a, b, c), expected) << architecture_name(rule.architecture) << " stress "
                                                        << static_cast<int>(stress) << " trial " << trial;
    }
  }
}

TEST(FusedStep, EqualsWideIntegersForEveryRuleAndStress) {
  int rules_tried = 0;
  for (const MmaRule& rule : mma_rules()) {
    for (const Pair& pair : kPairs) {
      if (pair.inputs != rule.inputs) continue;
      expect_rule_equals_oracle(rule, pair, Accumulate::kF32);
      expect_rule_equals_oracle(rule, pair, Accumulate::kF16);
      ++rules_tried;
    }
  }
  EXPECT_EQ(rules_tried, 18);  // 10 rows of 16-bit inputs; 3 of FP8 and 1 of F8F6F4, two pairs each
}

std::uint32_t ampere(std::vector<std::uint16_t> a, std::vector<std::uint16_t> b, std::uint32_t c,
                     const MmaOptions& options = {}, Accumulate accumulate = Accumulate::kF32) {
  a.resize(8);
  b.resize(8);
  return fused_step(mma_context(Architecture::kAmpere, kFp16, kFp16, accumulate, options), a, b, c);
}

TEST(FusedStep, ZeroExponentOption) {
  // c = 2^-40 (1 + 2^-23) beside 0 * 2^15: only the format's exponent, -14 + 15, cuts it.
  const std::uint32_t c = 0x2B800001u;
  EXPECT_EQ(ampere({0}, {0x7800}, c, {ZeroExponent::kBinary32}), c);
  EXPECT_EQ(ampere({0}, {0x7800}, c, {ZeroExponent::kIgnored}), c);
  EXPECT_EQ(ampere({0}, {0x7800}, c, {ZeroExponent::kFormat}), 0u);
  // c = 2^-120 (1 + 2^-23): binary32's -126 + 15 cuts the last digits.
  const std::uint32_t tiny = 0x03800001u;
  EXPECT_EQ(ampere({0}, {0x7800}, tiny, {ZeroExponent::kBinary32}), 0x03800000u);
  EXPECT_EQ(ampere({0}, {0x7800}, tiny, {ZeroExponent::kIgnored}), tiny);
}

TEST(FusedStep, SignOptions) {
  const std::vector<std::uint16_t> zeros(8, 0), negative_zeros(8, 0x8000);
  EXPECT_EQ(ampere(zeros, negative_zeros, 0x80000000u), 0u);
  EXPECT_EQ(ampere(zeros, negative_zeros, 0x80000000u, {.all_negative_zero = ZeroSign::kNegative}),
            0x80000000u);
  EXPECT_EQ(ampere(zeros, negative_zeros, 0u, {.all_negative_zero = ZeroSign::kNegative}), 0u);
  // -2^-24 * 2^-24 is below half of binary16's smallest number.
  EXPECT_EQ(ampere({0x8001}, {0x0001}, 0, {}, Accumulate::kF16), 0u);
  EXPECT_EQ(ampere({0x8001}, {0x0001}, 0, {.negative_underflow = ZeroSign::kNegative}, Accumulate::kF16),
            0x8000u);
}

TEST(FusedStep, BlockScalesShiftProductsAlone) {
  const MmaContext context = mma_context(Architecture::kBlackwell, kE3M2, kE2M1);
  std::vector<std::uint16_t> a(32, 0), b(32, 0);
  a[0] = 0x0C;                                                                 // E3M2 1
  b[0] = 0x02;                                                                 // E2M1 1
  EXPECT_EQ(fused_step(context, a, b, 0x3F800000u), 0x40000000u);              // 1 + 1
  EXPECT_EQ(fused_step(context, a, b, 0x3F800000u, {130, 126}), 0x40A00000u);  // 1 * 8 / 2 + 1
  EXPECT_EQ(fused_step(context, a, b, 0x3F800000u, {255, 127}), 0x7FFFFFFFu);  // a NaN scale
}

TEST(MmaRules, RefusesWhatDoesNotExist) {
  EXPECT_THROW(mma_rule(Architecture::kVolta, kBf16, kBf16), Error);
  EXPECT_THROW(mma_rule(Architecture::kAmpere, kE4M3, kE4M3), Error);
  EXPECT_THROW(mma_rule(Architecture::kHopper, kE3M2, kE3M2), Error);
  EXPECT_THROW(mma_rule(Architecture::kHopper, kFp16, kBf16), Error);
  EXPECT_THROW(architecture_by_name("amper"), Error);
  EXPECT_EQ(architecture_by_name("ada"), Architecture::kAda);
}

}  // namespace
}  // namespace fp6sim::emu
