#include <bit>
#include <cstddef>
#include <cstring>

#include "emu/mma/mma.h"
#include "emu/mma/panel_kernel.h"

namespace fp6sim::emu {
namespace {

constexpr std::size_t kRows = 16, kColumns = 8, kDepth = 16;

/// bfloat16 came with Ampere; on older architectures a tile of it uses their binary16 row.
MmaContext tile_context(Architecture architecture, TileInput input) {
  const FloatFormat& format = input == TileInput::kBinary16 ? kFp16 : kBf16;
  return {mma_rule(architecture, kFp16, kFp16), format, format};
}

/// B's columns are the lanes; A's rows are broadcast over them.
struct TileOperands {
  alignas(64) float b[kDepth * kColumns];
  alignas(64) float a[kRows * kDepth];
  alignas(64) std::int32_t a_exponents[kRows * kDepth];
  alignas(64) std::int8_t b_exponents[kDepth * kColumns];
  std::uint8_t unfit[kColumns];
};

}  // namespace

void mma_m16n8k16(Architecture architecture, TileInput input, const std::uint16_t* a, const std::uint16_t* b,
                  const float* c, float* d) {
  const MmaContext context = tile_context(architecture, input);
  const PanelFormat format{input == TileInput::kBfloat16};
  const PanelKernel* kernel = panel_kernel();
  TileOperands operands;
  if (kernel != nullptr) {
    const bool b_unfit =
        kernel->pack(true, format, b, kDepth, kDepth, operands.b, operands.b_exponents, operands.unfit);
    const bool a_unfit = kernel->spread(format, a, kRows * kDepth, operands.a, operands.a_exponents);
    if (a_unfit || b_unfit) kernel = nullptr;
  }
  alignas(64) float state[kRows * kColumns];
  std::memcpy(state, c, sizeof state);
  if (kernel != nullptr &&
      kernel->run(true, format, context.rule.products_per_step, context.rule.fraction_bits, operands.b,
                  operands.b_exponents, {operands.a, operands.a_exponents, kDepth, kRows}, kDepth, state)) {
    std::memcpy(d, state, sizeof state);
    return;
  }
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      const std::size_t at = row * kColumns + column;
      const float before = c[at];  // read first: d may be c
      const bool trusted = kernel != nullptr && format.c_inside(before) && format.d_inside(state[at]);
      d[at] = trusted ? state[at]
                      : std::bit_cast<float>(mma_chain(context, {a + row * kDepth, kDepth},
                                                       {b + column * kDepth, kDepth},
                                                       std::bit_cast<std::uint32_t>(before)));
    }
  }
}

}  // namespace fp6sim::emu
