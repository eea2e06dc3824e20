// Codes -> the tile-contiguous words of emu/packing/tile_order.h, on the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "emu/packing/tile_order.h"

namespace fp6sim::kernels {

/// Packs codes[row * order.columns + column] (low bits) into both arrays on several threads; padding becomes
/// code 0. Every word is written. Throws fp6sim::Error when the split has no tile order, a span has not
/// exactly its size (rows * columns codes, order.wide_words(), order.narrow_words()) or a code does not fit
/// (index and value named).
void pack_tiles(const emu::TileOrder& order, std::span<const std::uint8_t> codes,
                std::span<std::uint32_t> wide, std::span<std::uint32_t> narrow);

/// The inverse; padding is ignored. Same conditions.
void unpack_tiles(const emu::TileOrder& order, std::span<const std::uint32_t> wide,
                  std::span<const std::uint32_t> narrow, std::span<std::uint8_t> codes);

}  // namespace fp6sim::kernels
