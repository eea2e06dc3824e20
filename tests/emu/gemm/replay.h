// The exact GEMM by its definition: one mma_chain() an output and split, a few lines a reader can check.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "emu/binary16.h"
#include "emu/gemm/gemm.h"

namespace fp6sim::test {

/// Bits of output (m, n) before the output rounding. Splits by floor(i*T/S), or schedule.split_tiles.
inline std::uint32_t replay_output(const emu::GemmSchedule& schedule, const emu::GemmShape& shape,
                                   std::span<const std::uint16_t> w, std::span<const std::uint16_t> x,
                                   std::int64_t m, std::int64_t n) {
  const emu::FloatFormat format = schedule.input == emu::TileInput::kBinary16 ? emu::kFp16 : emu::kBf16;
  const emu::MmaContext context =
      emu::mma_context(schedule.architecture, format, format, schedule.accumulate, schedule.options);
  const std::int64_t tile = schedule.tile_k;
  const std::int64_t tiles = (shape.k + tile - 1) / tile;
  std::vector<std::uint16_t> a, b;
  for (std::int64_t t = 0; t < tiles; ++t) {
    for (std::int64_t p = 0; p < tile; ++p) {
      const std::int64_t k =
          t * tile + (schedule.k_order.empty() ? p : schedule.k_order[static_cast<std::size_t>(p)]);
      a.push_back(k < shape.k ? w[static_cast<std::size_t>(m * shape.k + k)] : std::uint16_t{0});
      b.push_back(k < shape.k ? x[static_cast<std::size_t>(n * shape.k + k)] : std::uint16_t{0});
    }
  }
  float total = 0;
  for (int i = 0; i < schedule.split_k; ++i) {
    const auto bound = [&](int split) {
      if (split == schedule.split_k) return tiles;
      return schedule.split_tiles.empty() ? split * tiles / schedule.split_k
                                          : schedule.split_tiles[static_cast<std::size_t>(split)];
    };
    const auto begin = static_cast<std::size_t>(bound(i) * tile);
    const auto count = static_cast<std::size_t>(bound(i + 1) * tile) - begin;
    const std::uint32_t bits =
        emu::mma_chain(context, std::span(a).subspan(begin, count), std::span(b).subspan(begin, count), 0);
    const float partial = schedule.accumulate == emu::Accumulate::kF32
                              ? std::bit_cast<float>(bits)
                              : emu::from_binary16(static_cast<std::uint16_t>(bits));
    const auto stored = [&](float sum) {
      return schedule.reduction == emu::Accumulate::kF32 ? sum : emu::from_binary16(emu::to_binary16(sum));
    };
    total = stored(i == 0 ? stored(partial) : total + stored(partial));
  }
  if (total != total) return 0x7FFFFFFFu;
  return std::bit_cast<std::uint32_t>(total);
}

}  // namespace fp6sim::test
