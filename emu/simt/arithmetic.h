// Register arithmetic of a kernel's thread, exact to the bit and counted by pipe. All are pure functions:
// they may be called outside a launch.
#pragma once

#include <cstdint>
#include <type_traits>

#include "emu/simt/thread.h"

namespace fp6sim::simt {

/// lop3.b32: bit i of the result is bit (4*a_i + 2*b_i + c_i) of Lut. Lut of an expression: evaluate it on
/// a = 0xF0, b = 0xCC, c = 0xAA.
template <unsigned Lut>
constexpr std::uint32_t lop3(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  static_assert(Lut < 256, "a look-up table of 8 bits");
  if (!std::is_constant_evaluated()) ++detail::counts().integer;
  std::uint32_t result = 0;
  if constexpr ((Lut & 0x01) != 0) result |= ~a & ~b & ~c;
  if constexpr ((Lut & 0x02) != 0) result |= ~a & ~b & c;
  if constexpr ((Lut & 0x04) != 0) result |= ~a & b & ~c;
  if constexpr ((Lut & 0x08) != 0) result |= ~a & b & c;
  if constexpr ((Lut & 0x10) != 0) result |= a & ~b & ~c;
  if constexpr ((Lut & 0x20) != 0) result |= a & ~b & c;
  if constexpr ((Lut & 0x40) != 0) result |= a & b & ~c;
  if constexpr ((Lut & 0x80) != 0) result |= a & b & c;
  return result;
}

/// prmt.b32 (default mode): nibble i of `selector` picks byte i from {a: 0..3, b: 4..7}; its bit 3 replicates
/// that byte's sign over the byte instead.
constexpr std::uint32_t prmt(std::uint32_t a, std::uint32_t b, std::uint32_t selector) {
  if (!std::is_constant_evaluated()) ++detail::counts().integer;
  const std::uint64_t bytes = (std::uint64_t{b} << 32) | a;
  std::uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned nibble = (selector >> (4 * i)) & 0xF;
    std::uint32_t byte = static_cast<std::uint32_t>(bytes >> (8 * (nibble & 7))) & 0xFF;
    if ((nibble & 8) != 0) byte = (byte & 0x80) != 0 ? 0xFF : 0;
    result |= byte << (8 * i);
  }
  return result;
}

/// shf.l.wrap / shf.r.wrap: the high (low) word of {high,low} shifted by amount % 32.
constexpr std::uint32_t funnel_shift_left(std::uint32_t low, std::uint32_t high, unsigned amount) {
  if (!std::is_constant_evaluated()) ++detail::counts().integer;
  const std::uint64_t both = (std::uint64_t{high} << 32) | low;
  return static_cast<std::uint32_t>((both << (amount & 31)) >> 32);
}
constexpr std::uint32_t funnel_shift_right(std::uint32_t low, std::uint32_t high, unsigned amount) {
  if (!std::is_constant_evaluated()) ++detail::counts().integer;
  const std::uint64_t both = (std::uint64_t{high} << 32) | low;
  return static_cast<std::uint32_t>(both >> (amount & 31));
}
constexpr std::uint32_t rotate_left(std::uint32_t a, unsigned amount) {
  return funnel_shift_left(a, a, amount);
}
constexpr std::uint32_t rotate_right(std::uint32_t a, unsigned amount) {
  return funnel_shift_right(a, a, amount);
}
/// shl.b32 / shr.u32: amounts of 32 and more give 0.
constexpr std::uint32_t shift_left(std::uint32_t a, unsigned amount) {
  if (!std::is_constant_evaluated()) ++detail::counts().integer;
  return amount >= 32 ? 0 : a << amount;
}
constexpr std::uint32_t shift_right(std::uint32_t a, unsigned amount) {
  if (!std::is_constant_evaluated()) ++detail::counts().integer;
  return amount >= 32 ? 0 : a >> amount;
}
/// and, or, xor with one counted instruction each; add as IADD3 does (modulo 2^32).
constexpr std::uint32_t bit_and(std::uint32_t a, std::uint32_t b) {
  return lop3<0xC0>(a, b, 0);
}
constexpr std::uint32_t bit_or(std::uint32_t a, std::uint32_t b) {
  return lop3<0xFC>(a, b, 0);
}
constexpr std::uint32_t bit_xor(std::uint32_t a, std::uint32_t b) {
  return lop3<0x3C>(a, b, 0);
}
constexpr std::uint32_t add(std::uint32_t a, std::uint32_t b) {
  if (!std::is_constant_evaluated()) ++detail::counts().integer;
  return a + b;
}

/// Packed pairs, the first element in the low half; each lane rounded once (RNE), subnormals kept, NaN
/// canonical (0x7FFF). fma2: a * b + c.
std::uint32_t hmul2(std::uint32_t a, std::uint32_t b);
std::uint32_t hadd2(std::uint32_t a, std::uint32_t b);
std::uint32_t hsub2(std::uint32_t a, std::uint32_t b);
std::uint32_t hfma2(std::uint32_t a, std::uint32_t b, std::uint32_t c);
std::uint32_t hmul2_bf16(std::uint32_t a, std::uint32_t b);
std::uint32_t hadd2_bf16(std::uint32_t a, std::uint32_t b);
std::uint32_t hsub2_bf16(std::uint32_t a, std::uint32_t b);
std::uint32_t hfma2_bf16(std::uint32_t a, std::uint32_t b, std::uint32_t c);

/// cvt.rn.{f16x2,bf16x2}.f32 and back.
std::uint32_t pack_half2(float low, float high);
std::uint32_t pack_bfloat162(float low, float high);
std::uint16_t to_half(float value);
std::uint16_t to_bfloat16(float value);
float from_half(std::uint16_t bits);
float from_bfloat16(std::uint16_t bits);

/// cvt.rn.f16x2.e4m3x2: two FP8 numbers, the first in the low byte; exact, NaN becomes 0x7FFF.
std::uint32_t half2_from_e4m3x2(std::uint16_t pair);

/// binary32 addition, multiplication and fused multiply-add (RNE), counted.
float fadd(float a, float b);
float fmul(float a, float b);
float ffma(float a, float b, float c);

}  // namespace fp6sim::simt
