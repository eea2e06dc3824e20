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

/// The words of a lane's weight `Weight` and the following ones, six bits each.
template <emu::Split S, emu::Landing L>
struct SixBits {
  static constexpr emu::LaneCode kCode = emu::lane_code(emu::lane_plan(S, L));
};
template <class Layout, int Weight, int Bit>
FP6SIM_DEVICE void toggle_bits(std::uint32_t (&words)[emu::kLaneWords], std::uint32_t code) {
  if constexpr (Bit < 6) {
    constexpr emu::LaneBit kPlace = Layout::kCode.bit[Weight][Bit];
    const std::uint32_t one = (code >> Bit & 1) << kPlace.position;
    FP6SIM_UNROLL
    for (int word = 0; word < emu::kLaneWords; ++word) {
      if (kPlace.write >> word & 1) words[word] ^= one;
    }
    toggle_bits<Layout, Weight, Bit + 1>(words, code);
  }
}

/// A lane's block: its first weight and what lies inside the matrix.
struct LaneSource {
  const PackParameters& p;
  long long first_row, first_column;
  /// Code of the weight in byte `byte` of four `index` (2 * step + four); 0 beyond the matrix.
  FP6SIM_DEVICE std::uint32_t code(int index, int byte, std::uint32_t mask) const {
    const long long row = first_row + byte / 2 * 8, column = first_column + index * 8 + byte % 2;
    return row < p.rows && column < p.columns ? load_global(p.codes + row * p.columns + column) & mask : 0u;
  }
};

template <class Layout, int Weight>
FP6SIM_DEVICE void toggle_weights(std::uint32_t (&words)[emu::kLaneWords], const LaneSource& source) {
  if constexpr (Weight < emu::kLaneWeights) {
    toggle_bits<Layout, Weight, 0>(words, source.code(Weight / 4, Weight % 4, 63));
    toggle_weights<Layout, Weight + 1>(words, source);
  }
}

/// Codes wider than the split's are cut: checking them is the CPU packer's business. Padding becomes code 0.
template <emu::Split S, emu::Landing L>
FP6SIM_KERNEL(kPackThreads, 1)
pack_tiles_kernel(const PackParameters p) {
  constexpr int kWide = emu::info(S).wide_bits;
  constexpr int kNarrow = emu::info(S).narrow_bits;
  constexpr std::uint32_t kMask = (1u << emu::info(S).code_bits) - 1;
  const int lane = static_cast<int>(lane_id());
  const long long block = static_cast<long long>(block_idx().x) * (kPackThreads / 32) + warp_id();
  if (block >= p.blocks) return;
  const LaneSource source{p, block % p.row_blocks * 16 + lane / 4, block / p.row_blocks * 64 + lane % 4 * 2};
  std::uint32_t wide[kWide] = {};
  std::uint32_t narrow[kNarrow == 0 ? 1 : kNarrow] = {};
  if constexpr (emu::has_six_bits(S)) {
    std::uint32_t words[emu::kLaneWords] = {};
    toggle_weights<SixBits<S, L>, 0>(words, source);
    FP6SIM_UNROLL
    for (int word = 0; word < 4; ++word) wide[word] = words[word];
    narrow[0] = words[4];
    narrow[1] = words[5];
  } else {
    FP6SIM_UNROLL
    for (int index = 0; index < 8; ++index) {  // 2 * step + four
      FP6SIM_UNROLL
      for (int byte = 0; byte < 4; ++byte) {
        const std::uint32_t code = source.code(index, byte, kMask);
        if constexpr (S == emu::Split::kPadded8) {
          wide[index] |= emu::wide_word_bits(S, byte, code);
        } else {
          const emu::TilePlace place = emu::place_in_block(S, byte / 2 * 8, index * 8 + byte % 2);
          wide[index / 2] |= emu::wide_word_bits(S, place.wide_slot, code);
          if constexpr (kNarrow != 0) narrow[0] |= emu::narrow_word_bits(S, place.narrow_slot, code);
        }
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
