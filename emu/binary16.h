// binary16 and bfloat16 as bits: the conversions every other part leans on.
#pragma once

#include <cstdint>

#include "emu/decode.h"
#include "emu/encode.h"

namespace fp6sim::emu {

/// IEEE rounding of a binary32 value to binary16 bits: RNE, overflow to infinity, NaN kept as NaN (0x7FFF |
/// sign).
constexpr std::uint16_t to_binary16(float x) {
  return static_cast<std::uint16_t>(
      encode(kFp16, x, {RoundingMode::kNearestEven, Overflow::kSpecial, NanPolicy::kPropagate}));
}
constexpr float from_binary16(std::uint16_t bits) {
  return decode(kFp16, bits);
}

/// The same for bfloat16.
constexpr std::uint16_t to_bfloat16(float x) {
  return static_cast<std::uint16_t>(
      encode(kBf16, x, {RoundingMode::kNearestEven, Overflow::kSpecial, NanPolicy::kPropagate}));
}
constexpr float from_bfloat16(std::uint16_t bits) {
  return decode(kBf16, bits);
}

/// binary16 product, one rounding (RNE), as HMUL: exact in binary32 (11 + 11 significant bits), so no double
/// rounding.
constexpr std::uint16_t multiply_binary16(std::uint16_t a, std::uint16_t b) {
  return to_binary16(from_binary16(a) * from_binary16(b));
}

}  // namespace fp6sim::emu
