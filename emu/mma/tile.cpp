#include <array>
#include <bit>
#include <cstddef>

#include "emu/mma/mma.h"

namespace fp6sim::emu {
namespace {

/// bfloat16 came with Ampere; on older architectures a tile of it uses their binary16 row.
MmaContext tile_context(Architecture architecture, TileInput input) {
  const FloatFormat& format = input == TileInput::kBinary16 ? kFp16 : kBf16;
  return {mma_rule(architecture, kFp16, kFp16), format, format};
}

}  // namespace

void mma_m16n8k16(Architecture architecture, TileInput input, const std::uint16_t* a, const std::uint16_t* b,
                  const float* c, float* d) {
  const MmaContext context = tile_context(architecture, input);
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t column = 0; column < 8; ++column) {
      const std::uint32_t addend = std::bit_cast<std::uint32_t>(c[row * 8 + column]);
      d[row * 8 + column] =
          std::bit_cast<float>(mma_chain(context, {a + row * 16, 16}, {b + column * 16, 16}, addend));
    }
  }
}

}  // namespace fp6sim::emu
