// Value -> code: one rounding, under an explicit policy for what does not fit.
#pragma once

#include <bit>
#include <cstdint>

#include "emu/decode.h"
#include "emu/format.h"
#include "emu/rounding.h"

namespace fp6sim::emu {

enum class Overflow : std::uint8_t {
  kSaturate,  ///< beyond the largest finite value, infinities included: +-largest (CUDA's satfinite, OCP)
  kSpecial,   ///< IEEE: infinity where the format has one, else its NaN, else saturate
};

enum class NanPolicy : std::uint8_t {
  kLargest,    ///< +largest for either sign, as cuda_fp6.h does
  kPropagate,  ///< the format's NaN with the sign kept, else +largest
};

struct EncodePolicy {
  RoundingMode rounding = RoundingMode::kNearestEven;
  Overflow overflow = Overflow::kSaturate;
  NanPolicy nan = NanPolicy::kLargest;
};

/// Rounds the binary32 value with bits `x` to `format`. Exact on every one of the 2^32 inputs; never throws.
/// `random` (uniform 32 bits) is read only by stochastic rounding: up when random / 2^32 < the discarded
/// fraction.
constexpr std::uint32_t encode_bits(const FloatFormat& format, std::uint32_t x,
                                    const EncodePolicy& policy = {}, std::uint32_t random = 0) {
  // 1. Take the binary32 apart.
  const std::uint32_t sign = (x >> 31) != 0 ? format.sign_mask() : 0;
  const std::uint32_t magnitude = x & 0x7FFFFFFFu;
  const std::uint32_t largest = format.largest_code();
  const std::uint32_t beyond = policy.overflow == Overflow::kSaturate || format.specials == Specials::kNone
                                   ? largest
                                   : largest + 1;  // IEEE: infinity; E4M3: its NaN
  if (magnitude > kBinary32Infinity) {
    if (policy.nan == NanPolicy::kLargest || format.specials == Specials::kNone) return largest;
    return sign | format.magnitude_mask();
  }
  if (magnitude == kBinary32Infinity) return sign | beyond;
  const int field = static_cast<int>(magnitude >> 23);
  const int exponent = field == 0 ? -126 : field - 127;
  const std::uint32_t significand = (magnitude & 0x7FFFFFu) | (field == 0 ? 0u : 0x800000u);

  // 2. Cut it at the format's unit in the last place. Below the smallest normal that unit no longer shrinks.
  const int at = exponent > format.min_exponent() ? exponent : format.min_exponent();
  int shift = (at - format.mantissa_bits) - (exponent - 23);
  if (shift > 40) shift = 40;  // far below half a unit: only stochastic rounding sees it, and only as "some"
  const std::uint64_t wide = significand;
  std::uint64_t kept = wide >> shift;
  const std::uint64_t rest = wide & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t half = shift == 0 ? 0 : std::uint64_t{1} << (shift - 1);

  // 3. Round.
  switch (policy.rounding) {
    case RoundingMode::kNearestEven:
      if (rest > half || (rest == half && half != 0 && (kept & 1) != 0)) ++kept;
      break;
    case RoundingMode::kTowardZero:
      break;
    case RoundingMode::kHalfAway:
      if (half != 0 && rest >= half) ++kept;
      break;
    case RoundingMode::kStochastic: {
      const std::uint64_t fraction = shift <= 32 ? rest << (32 - shift) : rest >> (shift - 32);
      if (random < fraction) ++kept;
      break;
    }
  }

  // 4. Put exponent and significand together: `kept` carries the hidden bit (or, subnormal, does not), so
  // adding it
  //    to the exponent field below it also carries a rounding overflow into the next binade.
  const std::uint64_t code =
      (static_cast<std::uint64_t>(at - format.min_exponent()) << format.mantissa_bits) + kept;

  // 5. What does not fit. Rounding toward zero never leaves the finite range.
  if (code > largest) return sign | (policy.rounding == RoundingMode::kTowardZero ? largest : beyond);
  return sign | static_cast<std::uint32_t>(code);
}

constexpr std::uint32_t encode(const FloatFormat& format, float x, const EncodePolicy& policy = {},
                               std::uint32_t random = 0) {
  return encode_bits(format, std::bit_cast<std::uint32_t>(x), policy, random);
}

}  // namespace fp6sim::emu
