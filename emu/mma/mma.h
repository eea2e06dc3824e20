// How a named GPU's tensor core forms an output element, bit for bit.
//
// Rules: MMA-Sim (arXiv 2511.10909); Khattak & Mikaitis, Accurate Models of NVIDIA Tensor Cores (arXiv
// 2512.07004).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "emu/format.h"

namespace fp6sim::emu {

enum class Architecture : std::uint8_t { kVolta, kTuring, kAmpere, kAda, kHopper, kBlackwell };

/// "volta" "turing" "ampere" "ada" "hopper" "blackwell". Throws fp6sim::Error naming the nearest.
Architecture architecture_by_name(std::string_view name);
std::string_view architecture_name(Architecture architecture);

/// Type of C and D: binary32 or binary16 bits.
enum class Accumulate : std::uint8_t { kF32, kF16 };

/// Operand formats that share a row of the table.
enum class InputClass : std::uint8_t {
  kBinary16,
  kBfloat16,
  kFp8,     ///< E4M3 and E5M2, in any pairing
  kF8F6F4,  ///< Blackwell: FP8, FP6 and FP4 in any pairing, optionally with MX block scales
};

/// One row: all that distinguishes one tensor core from another.
struct MmaRule {
  Architecture architecture;
  InputClass inputs;
  std::string_view instruction;  ///< the widest instruction the row describes
  int products_per_step;         ///< products summed together with C before the one rounding
  int steps_per_instruction;     ///< D of a step is C of the next
  int fraction_bits;         ///< F: addends are cut on the grid 2^(E-F), E the largest exponent among them
  int f32_significant_bits;  ///< bits a binary32 result keeps: 24, or 14 on the FP8 path of Ada and Hopper
  bool verified;             ///< compared with outputs of a real device
};

std::span<const MmaRule> mma_rules();

/// The row for operands of these formats; throws fp6sim::Error where the architecture has no such
/// instruction.
const MmaRule& mma_rule(Architecture architecture, const FloatFormat& a, const FloatFormat& b);

/// Exponent of a zero operand or a zero C, which takes part in the search for the largest exponent.
enum class ZeroExponent : std::uint8_t {
  kBinary32,  ///< -126 whatever the format, so that only a C below about 2^-96 notices (MMA-Sim; the default)
  kFormat,    ///< the format's smallest, as a subnormal's
  kIgnored,   ///< a zero addend takes no part
};
enum class ZeroSign : std::uint8_t { kPositive, kNegative };

/// The three corners that no public source settles. The defaults are MMA-Sim's.
struct MmaOptions {
  ZeroExponent zero_exponent = ZeroExponent::kBinary32;
  ZeroSign all_negative_zero = ZeroSign::kPositive;   ///< every addend is -0
  ZeroSign negative_underflow = ZeroSign::kPositive;  ///< the sum is below zero and rounds to zero
  friend constexpr bool operator==(const MmaOptions&, const MmaOptions&) = default;
};

/// Scales of an MX block in E8M0 (value 2^(code-127), 255 is NaN); 127 is 1. Every product gets both
/// exponents.
struct BlockScales {
  std::uint8_t a = 127;
  std::uint8_t b = 127;
};

/// What one step needs to know.
struct MmaContext {
  MmaRule rule;
  FloatFormat a;
  FloatFormat b;
  Accumulate accumulate = Accumulate::kF32;
  MmaOptions options{};
};

/// The context for an architecture; throws as mma_rule() does, and for BF16 accumulated in binary16.
MmaContext mma_context(Architecture architecture, const FloatFormat& a, const FloatFormat& b,
                       Accumulate accumulate = Accumulate::kF32, const MmaOptions& options = {});

/// One fused step: a.size() products (at most 64; a.size() == b.size()) and C, one rounding. Codes in the low
/// bits of each element; c and the result are binary32 bits, or binary16 bits in the low half. The scalar
/// reference:
///   1. any NaN, 0 * inf or both infinities -> canonical NaN (0x7FFFFFFF, 0x7FFF); else an infinity wins
///   2. products exact and not normalised: significand s_a * s_b, exponent e_a + e_b; subnormals keep the
///   format's
///      smallest exponent
///   3. E = the largest exponent over C and all products; every addend is cut toward zero on the grid 2^(E-F)
///   4. exact sum; then one rounding: binary32 toward zero to rule.f32_significant_bits (subnormals on 2^-149
///   times
///      2^(24 - bits); 2^128 and above -> infinity), binary16 RNE (65520 and above -> infinity). A zero is
///      +0.
/// Never throws, never allocates.
std::uint32_t fused_step(const MmaContext& context, std::span<const std::uint16_t> a,
                         std::span<const std::uint16_t> b, std::uint32_t c, BlockScales scales = {});

/// A dot product chained in steps, D of one being C of the next, as a kernel chains instructions along K.
/// a.size() == b.size(), a multiple of rule.products_per_step (asserted). Never throws, never allocates.
std::uint32_t mma_chain(const MmaContext& context, std::span<const std::uint16_t> a,
                        std::span<const std::uint16_t> b, std::uint32_t c);

/// Operand type of a warp's tile.
enum class TileInput : std::uint8_t { kBinary16, kBfloat16 };

/// D[16x8] = A[16x16] * B[16x8] + C[16x8] with binary32 accumulation: mma.m16n8k16, or the chain of narrower
/// steps an architecture runs instead. `a`: 256 codes, row-major [16][16]. `b`: 128 codes, 8 columns of 16
/// contiguous k. `c`, `d`: 128 values, row-major [16][8]; they may be the same array. Correct on every input,
/// vectorised on ordinary ones. bfloat16 on Volta and Turing does as Ampere's rule with their widths would.
/// Never throws, never allocates.
void mma_m16n8k16(Architecture architecture, TileInput input, const std::uint16_t* a, const std::uint16_t* b,
                  const float* c, float* d);

}  // namespace fp6sim::emu
