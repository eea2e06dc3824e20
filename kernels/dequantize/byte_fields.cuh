// The eight five-bit codes a lane has of a step -> the bytes of two registers.
#pragma once

#include <cstdint>

#include "emu/packing/split.h"
#include "kernels/dequantize/truth_tables.cuh"
#include "kernels/device/device.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// `word` moved left by `bits` (right where negative), in no instruction where bits is 0.
FP6SIM_DEVICE std::uint32_t shifted(std::uint32_t word, int bits) {
  if (bits > 0) return shift_left(word, static_cast<unsigned>(bits));
  if (bits < 0) return shift_right(word, static_cast<unsigned>(-bits));
  return word;
}

/// Byte b of bytes[four] holds, of the code in byte b of four `four` of a step (0..3), the sign in bit 7 and
/// the magnitude from bit 0 up: the high byte of a binary16 that reads value * 2^-14.
///
///     bit    7  6  5  4  3  2  1  0
///            s  0  0  0  e1 e0 m1 m0     E2M2
///
/// `wide` is the step's word, `narrow` the word that has its fields. Order of slots:
/// emu/packing/tile_order.h.
template <emu::Split Split>
FP6SIM_DEVICE void eight_bytes(std::uint32_t (&bytes)[2], std::uint32_t wide, std::uint32_t narrow,
                               int step) {
  if constexpr (Split == emu::Split::k4Plus1) {
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
