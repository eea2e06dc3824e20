// Packs codes that are already on the GPU: a thread gathers the 32 weights of its lane of one block.
#pragma once

#include "emu/packing/tile_order.h"
#include "kernels/device/device.cuh"
#include "kernels/device/vector.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

inline constexpr int kPackThreads = 128;  ///< four blocks of 16 x 64 weights a CTA

struct PackParameters {
  const std::uint8_t* codes;  ///< [rows, columns]
  std::uint32_t* wide;
  std::uint32_t* narrow;
  long long rows, columns;
  long long row_blocks, blocks;  ///< of TileOrder
};

/// Codes wider than the split's are cut: checking them is the CPU packer's business. Padding becomes code 0.
template <emu::Split S>
FP6SIM_KERNEL(kPackThreads, 1)
pack_tiles_kernel(const PackParameters p) {
  constexpr int kWide = emu::info(S).wide_bits;
  constexpr int kNarrow = emu::info(S).narrow_bits;
  constexpr std::uint32_t kMask = (1u << emu::info(S).code_bits) - 1;
  constexpr int kFours = kNarrow == 0 ? 1 : 8 / (kNarrow == 0 ? 1 : kNarrow);
  const int lane = static_cast<int>(lane_id());
  const long long block = static_cast<long long>(block_idx().x) * (kPackThreads / 32) + warp_id();
  if (block >= p.blocks) return;
  const long long first_row = block % p.row_blocks * 16 + lane / 4;
  const long long first_column = block / p.row_blocks * 64 + lane % 4 * 2;
  std::uint32_t wide[kWide] = {};
  std::uint32_t narrow[kNarrow == 0 ? 1 : kNarrow] = {};
  FP6SIM_UNROLL
  for (int index = 0; index < 8; ++index) {  // 2 * step + four
    FP6SIM_UNROLL
    for (int byte = 0; byte < 4; ++byte) {
      const long long row = first_row + byte / 2 * 8;
      const long long column = first_column + index * 8 + byte % 2;
      if (row >= p.rows || column >= p.columns) continue;
      const std::uint32_t code = load_global(p.codes + row * p.columns + column) & kMask;
      const int four = index % 2;
      if constexpr (S == emu::Split::kPadded8) {
        wide[index] |= emu::wide_word_bits(S, byte, code);
      } else if constexpr (kNarrow == 0) {
        wide[index / 2] |= emu::wide_word_bits(S, 2 * four + byte / 2 + 4 * (byte % 2), code);
      } else {
        const emu::TilePlace place = emu::place_in_block(S, byte / 2 * 8, index * 8 + byte % 2);
        wide[index / 2] |= emu::wide_word_bits(S, place.wide_slot, code);
        narrow[index / kFours] |= emu::narrow_word_bits(S, place.narrow_slot, code);
      }
    }
  }
  auto* const wide_to = reinterpret_cast<Words4*>(p.wide) + block * (8 * kWide) + lane;
  FP6SIM_UNROLL
  for (int plane = 0; plane < kWide / 4; ++plane) {
    store_global(wide_to + 32 * plane,
                 Words4{{wide[4 * plane], wide[4 * plane + 1], wide[4 * plane + 2], wide[4 * plane + 3]}});
  }
  FP6SIM_UNROLL
  for (int word = 0; word < kNarrow; ++word) {
    store_global(p.narrow + (block * 32 + lane) * kNarrow + word, narrow[word]);
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
