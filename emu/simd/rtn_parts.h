// The inner loops of quantize(): a group's range, its codes under RNE, and how far they are off. Scalar and
// SIMD alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "emu/quantize.h"

namespace fp6sim::emu {

/// Rounding to nearest even under one scale, with everything a loop needs worked out beforehand.
struct RtnRule {
  bool is_float = true;
  // Floating point: where the code's fields lie in a binary32.
  int shift = 0;                      ///< 23 - mantissa bits
  std::uint32_t smallest_normal = 0;  ///< binary32 bits
  std::uint32_t largest = 0;          ///< binary32 bits of the largest finite value
  std::uint32_t sign = 0;             ///< the code's sign bit
  // Integers.
  float lowest = 0;
  float highest = 0;
  float zero = 0;
  std::uint32_t mask = 0;

  float divisor = 1;
  float stored = 1;
};

/// The rule of quantize_one() for this scale; false where it is not such a rule (other roundings, the
/// authors' recipe).
bool rtn_rule(const QuantizeSpec& spec, const GroupScale& scale, RtnRule& rule);

/// Sums are kept in eight parts, element i in part i % 8, and added up in one order: the same bits on every
/// target.
using ErrorParts = std::array<double, 8>;
constexpr double sum_of(const ErrorParts& p) {
  return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
}

#ifdef FP6SIM_HIGHWAY
namespace simd {

struct FiniteRange {
  bool finite;            ///< nothing infinite or NaN; the rest means nothing otherwise
  float lowest, highest;  ///< with 0 among the weights
};
FiniteRange finite_range(const float* weights, std::size_t count);

/// Both take the first count / 8 * 8 of `count` finite weights and return how many that were.
std::size_t rtn_codes(const RtnRule& rule, const float* weights, std::size_t count, std::uint8_t* codes);
std::size_t rtn_error(const RtnRule& rule, const float* weights, std::size_t count, ErrorParts& parts);

}  // namespace simd
#endif

}  // namespace fp6sim::emu
