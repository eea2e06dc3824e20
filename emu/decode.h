// Code -> value, exactly. Every format of at most 16 bits decodes exactly into binary32.
#pragma once

#include <bit>
#include <cstdint>

#include "emu/format.h"

namespace fp6sim::emu {

inline constexpr std::uint32_t kBinary32Infinity = 0x7F800000u;
inline constexpr std::uint32_t kBinary32CanonicalNan = 0x7FFFFFFFu;

/// The binary32 bits of `code` (low format.bits() bits; higher bits are ignored). Exact for every code,
/// subnormals and signed zero included. NaN codes give 0x7FC00000 with the code's sign; infinities the
/// binary32 infinity.
constexpr std::uint32_t decode_bits(const FloatFormat& format, std::uint32_t code) {
  const std::uint32_t sign = (code & format.sign_mask()) != 0 ? 0x80000000u : 0u;
  const std::uint32_t magnitude = code & format.magnitude_mask();
  if (magnitude > format.largest_code()) {
    const bool infinite = format.specials == Specials::kIeee && magnitude == format.exponent_mask();
    return sign | (infinite ? kBinary32Infinity : 0x7FC00000u);
  }
  const int exponent_field = static_cast<int>(magnitude >> format.mantissa_bits);
  std::uint32_t significand = magnitude & ((1u << format.mantissa_bits) - 1);
  int exponent = format.min_exponent();
  if (exponent_field != 0) {
    significand |= 1u << format.mantissa_bits;
    exponent += exponent_field - 1;
  }
  if (significand == 0) return sign;
  // Normalise to 24 significant bits; only bfloat16 subnormals stay subnormal in binary32.
  const int shift = std::countl_zero(significand) - 8;
  exponent += 23 - format.mantissa_bits - shift;
  significand <<= shift;
  if (exponent < -126) return sign | (significand >> (-126 - exponent));
  return sign | ((static_cast<std::uint32_t>(exponent + 126) << 23) + significand);
}

/// The value of `code`; see decode_bits().
constexpr float decode(const FloatFormat& format, std::uint32_t code) {
  return std::bit_cast<float>(decode_bits(format, code));
}

/// Value of a two's-complement integer code of `bits` bits (symmetric integer formats).
constexpr int decode_integer(int bits, std::uint32_t code) {
  const std::uint32_t sign = 1u << (bits - 1);
  return static_cast<int>((code & (2 * sign - 1)) ^ sign) - static_cast<int>(sign);
}

}  // namespace fp6sim::emu
