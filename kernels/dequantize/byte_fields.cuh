// The eight codes a lane has of a step -> the bytes of two registers.
#pragma once

#include <cstdint>

#include "emu/packing/split.h"
#include "kernels/device/device.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

// Truth tables of lop3, from a = 0xF0, b = 0xCC, c = 0xAA.
inline constexpr unsigned kAnd = 0xF0 & 0xCC;              // a & b
inline constexpr unsigned kAndOr = (0xF0 & 0xCC) | 0xAA;   // (a & b) | c
inline constexpr unsigned kAndXor = (0xF0 & 0xCC) ^ 0xAA;  // (a & b) ^ c
inline constexpr unsigned kXor = 0xF0 ^ 0xCC;              // a ^ b

/// `word` moved left by `bits` (right where negative), in no instruction where bits is 0.
FP6SIM_DEVICE std::uint32_t shifted(std::uint32_t word, int bits) {
  if (bits > 0) return shift_left(word, static_cast<unsigned>(bits));
  if (bits < 0) return shift_right(word, static_cast<unsigned>(-bits));
  return word;
}
FP6SIM_DEVICE std::uint32_t rotated_right(std::uint32_t word, int bits) {
  return bits == 0 ? word : rotate_right(word, static_cast<unsigned>(bits));
}

/// Byte b of bytes[four] holds, of the code in byte b of four `four` of a step (0..3), the sign in bit 7 and
/// the magnitude from bit 0 up. With six bits:
///
///     bit    7  6  5  4  3  2  1  0
///            s  0  0  e2 e1 e0 m1 m0     E3M2: the high byte of a binary16 that reads value * 2^-12
///
/// `wide` is the step's word, `narrow` the word that has its fields. Order of slots:
/// emu/packing/tile_order.h.
template <emu::Split Split>
FP6SIM_DEVICE void eight_bytes(std::uint32_t (&bytes)[2], std::uint32_t wide, std::uint32_t narrow,
                               int step) {
  const bool odd = step % 2 != 0;
  if constexpr (Split == emu::Split::k4Plus2Byte) {
    //  s . . e2 e1 . . m0  |  . . . . . e0 m1 .
    FP6SIM_UNROLL
    for (int four = 0; four < 2; ++four) {
      const int f = 2 * (step % 2) + four;
      const std::uint32_t fields = lop3<kAnd>(rotated_right(wide, 2 * four), emu::kByteReadyWideMask, 0);
      bytes[four] = lop3<kAndOr>(rotated_right(narrow, 2 * f), emu::kByteReadyNarrowMask, fields);
    }
  } else if constexpr (Split == emu::Split::k4Plus2) {
    //  s e2 e1 e0 . . . .  ->  s . . e2 e1 e0 . .  |  . . . . . . m1 m0. What moves by the same number of
    //  bits is put together first.
    const std::uint32_t low = lop3<kAnd>(wide, odd ? 0x07070707u : 0x08080808u, 0);
    const std::uint32_t with_field = lop3<kAndOr>(narrow, odd ? 0xC0C0C0C0u : 0x30303030u, low);
    bytes[0] = lop3<kAndOr>(shift_left(wide, odd ? 4 : 2), odd ? 0x80808080u : 0x1C1C1C1Cu,
                            rotate_right(with_field, odd ? 30 : 28));
    if (odd) {
      const std::uint32_t high = lop3<kAndOr>(narrow, 0x0C0C0C0Cu, lop3<kAnd>(wide, 0x70707070u, 0));
      bytes[1] = lop3<kAndOr>(wide, 0x80808080u, shift_right(high, 2));
    } else {
      const std::uint32_t high = lop3<kAndOr>(narrow, 0x03030303u, lop3<kAnd>(wide, 0x80808080u, 0));
      bytes[1] = lop3<kAndOr>(shift_right(wide, 2), 0x1C1C1C1Cu, high);
    }
  } else if constexpr (Split == emu::Split::k2Plus4) {
    //  . . . . e1 e0 m1 m0  |  s . . e2 . . . .
    const std::uint32_t moved =
        rotate_right(narrow, odd ? 30 : 2);  // one field of each four is then in place
    const std::uint32_t low =
        lop3<kAndOr>(odd ? moved : narrow, 0x80808080u, lop3<kAnd>(wide, 0x0F0F0F0Fu, 0));
    bytes[0] = lop3<kAndOr>(odd ? narrow : moved, 0x10101010u, low);
    const std::uint32_t high =
        lop3<kAndOr>(narrow, odd ? 0x08080808u : 0x01010101u, lop3<kAnd>(wide, 0xF0F0F0F0u, 0));
    bytes[1] = lop3<kAndOr>(moved, odd ? 0x10101010u : 0x80808080u, rotate_right(high, odd ? 28 : 4));
  } else if constexpr (Split == emu::Split::k4Plus1) {
    //  s e1 e0 m1 . . . .  ->  s . . . e1 e0 m1 .  |  . . . . . . . m0
    FP6SIM_UNROLL
    for (int four = 0; four < 2; ++four) {
      const std::uint32_t sign = lop3<kAnd>(shifted(wide, four == 0 ? 4 : 0), 0x80808080u, 0);
      const std::uint32_t high = lop3<kAndOr>(shifted(wide, four == 0 ? 1 : -3), 0x0E0E0E0Eu, sign);
      bytes[four] = lop3<kAndOr>(shifted(narrow, -(2 * step + four)), 0x01010101u, high);
    }
  } else {
    static_assert(Split == emu::Split::k1Plus4, "a split of a floating-point format");
    //  . . . . e1 e0 m1 m0  |  s . . . . . . .
    FP6SIM_UNROLL
    for (int four = 0; four < 2; ++four) {
      const std::uint32_t low = lop3<kAnd>(shifted(wide, four == 0 ? 0 : -4), 0x0F0F0F0Fu, 0);
      bytes[four] = lop3<kAndOr>(shifted(narrow, 7 - (2 * step + four)), 0x80808080u, low);
    }
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
