// Four codes of a split -> the four bytes of one register.
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

/// Byte b of the result holds, of the code in byte b of four `four` (0, 1) of `wide` and of four `f` of
/// `narrow`, the sign in bit 7 and the magnitude from bit 0 up. With six bits:
///
///     bit    7  6  5  4  3  2  1  0
///            s  0  0  e2 e1 e0 m1 m0     E3M2: the high byte of a binary16 that reads value * 2^-12
///
/// `four` and `f` must be constants after unrolling. Order of slots: emu/packing/tile_order.h.
template <emu::Split Split>
FP6SIM_DEVICE std::uint32_t four_bytes(std::uint32_t wide, std::uint32_t narrow, int four, int f) {
  if constexpr (Split == emu::Split::k4Plus2Byte) {
    //  s . . e2 e1 . . m0  |  . . . . . e0 m1 .
    const std::uint32_t fields = lop3<kAnd>(rotated_right(wide, 2 * four), emu::kByteReadyWideMask, 0);
    return lop3<kAndOr>(rotated_right(narrow, 2 * f), emu::kByteReadyNarrowMask, fields);
  } else if constexpr (Split == emu::Split::k4Plus2) {
    //  s e2 e1 e0 . . . .  ->  s . . e2 e1 e0 . .  |  . . . . . . m1 m0
    const std::uint32_t sign = lop3<kAnd>(shifted(wide, four == 0 ? 4 : 0), 0x80808080u, 0);
    const std::uint32_t high = lop3<kAndOr>(shifted(wide, four == 0 ? 2 : -2), 0x1C1C1C1Cu, sign);
    return lop3<kAndOr>(shifted(narrow, -2 * f), 0x03030303u, high);
  } else if constexpr (Split == emu::Split::k2Plus4) {
    //  . . . . e1 e0 m1 m0  |  s e2 . . . . . .  ->  s . . e2 . . . .
    const std::uint32_t low = lop3<kAnd>(shifted(wide, four == 0 ? 0 : -4), 0x0F0F0F0Fu, 0);
    const std::uint32_t signed_low = lop3<kAndOr>(shifted(narrow, 6 - 2 * f), 0x80808080u, low);
    return lop3<kAndOr>(shifted(narrow, 4 - 2 * f), 0x10101010u, signed_low);
  } else if constexpr (Split == emu::Split::k4Plus1) {
    //  s e1 e0 m1 . . . .  ->  s . . . e1 e0 m1 .  |  . . . . . . . m0
    const std::uint32_t sign = lop3<kAnd>(shifted(wide, four == 0 ? 4 : 0), 0x80808080u, 0);
    const std::uint32_t high = lop3<kAndOr>(shifted(wide, four == 0 ? 1 : -3), 0x0E0E0E0Eu, sign);
    return lop3<kAndOr>(shifted(narrow, -f), 0x01010101u, high);
  } else {
    static_assert(Split == emu::Split::k1Plus4, "a split of a floating-point format");
    //  . . . . e1 e0 m1 m0  |  s . . . . . . .
    const std::uint32_t low = lop3<kAnd>(shifted(wide, four == 0 ? 0 : -4), 0x0F0F0F0Fu, 0);
    return lop3<kAndOr>(shifted(narrow, 7 - f), 0x80808080u, low);
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
