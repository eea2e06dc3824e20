// Packed weights -> a row-major FP16 (or BF16) matrix in memory, for batches where a dense GEMM is faster.
#pragma once

#include "emu/packing/tile_order.h"
#include "kernels/dequantize/fragment.cuh"
#include "kernels/device/device.cuh"
#include "kernels/device/vector.h"
#include "kernels/gemm/tile.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

inline constexpr int kDequantizeThreads = 128;  ///< a warp a block of 16 x 64 weights; a CTA 64 rows

struct DequantizeParameters {
  const std::uint32_t* wide;
  const std::uint32_t* narrow;
  const std::uint16_t* scales;  ///< as GemmParameters has them
  const std::uint8_t* zeros;
  std::uint16_t* to;  ///< [m, leading], 16-byte aligned
  int m, k;
  int leading;  ///< k rounded up to 8: rows start on 16 bytes; columns k.. are written as zero
  int row_blocks, k_tiles;
};

/// A warp's block, as rows of 64 values in shared memory: 144 bytes a row keep both the fragments' 4-byte
/// stores and the rows' 16-byte loads free of bank conflicts.
inline constexpr int kBlockPitch = 2 * kTileK + 16;
inline constexpr std::size_t kDequantizeSharedBytes = kDequantizeThreads / 32 * 16 * kBlockPitch;

/// A lane's words of block `block`.
template <KernelSpec S>
FP6SIM_DEVICE void load_lane_words(LaneWords<S>& words, const DequantizeParameters& p, long long block) {
  constexpr int kWide = LaneWords<S>::kWide;
  constexpr int kNarrow = LaneWords<S>::kNarrow;
  const int lane = static_cast<int>(lane_id());
  const auto* wide = reinterpret_cast<const Words4*>(p.wide) + block * (8 * kWide) + lane;
  FP6SIM_UNROLL
  for (int plane = 0; plane < kWide / 4; ++plane) {
    const Words4 four = load_global(wide + 32 * plane);
    FP6SIM_UNROLL
    for (int i = 0; i < 4; ++i) words.wide[4 * plane + i] = four.word[i];
  }
  if constexpr (kNarrow == 2) {
    const Words2 two = load_global(reinterpret_cast<const Words2*>(p.narrow) + block * 32 + lane);
    words.narrow[0] = two.word[0];
    words.narrow[1] = two.word[1];
  } else if constexpr (kNarrow == 1) {
    words.narrow[0] = load_global(p.narrow + block * 32 + lane);
  }
}

/// What columns beyond k hold is not the matrix's: `pair` starts at column `column`.
FP6SIM_DEVICE std::uint32_t inside(std::uint32_t pair, int column, int k) {
  if (column + 1 < k) return pair;
  return column < k ? pair & 0xFFFFu : 0u;
}

/// A spec as a type: nvcc names kernels by types more reliably than by values of classes.
template <KernelSpec S>
struct Packed {
  static constexpr KernelSpec kSpec = S;
};

template <class T>
FP6SIM_KERNEL(kDequantizeThreads, 8)
dequantize_to_memory(const DequantizeParameters p) {
  constexpr KernelSpec S = T::kSpec;
  constexpr int kGroups =
      stage_layout(S, kBatchTiles[0], Generation::kAmpere).groups;  // of a k tile; 0: scales a row
  const int lane = static_cast<int>(lane_id());
  const int warp = static_cast<int>(warp_id());
  const int g = lane / 4, t = lane % 4;
  // k tiles fastest: CTAs that follow each other write runs that follow each other.
  const int k_tile = static_cast<int>(block_idx().x % static_cast<unsigned>(p.k_tiles));
  const int row_block = static_cast<int>(block_idx().x / static_cast<unsigned>(p.k_tiles)) * 4 + warp;
  LaneWords<S> words;
  load_lane_words<S>(words, p, static_cast<long long>(k_tile) * p.row_blocks + row_block);

  std::byte* const rows = dynamic_shared() + warp * 16 * kBlockPitch;
  auto* const upper = reinterpret_cast<std::uint32_t*>(rows + g * kBlockPitch) + t;
  auto* const lower = reinterpret_cast<std::uint32_t*>(rows + (g + 8) * kBlockPitch) + t;
  RowTerms terms[2]{};
  FP6SIM_UNROLL
  for (int step = 0; step < 4; ++step) {
    if (step == 0 || (kGroups == 2 && step == 2)) {
      long long group = 0;
      if constexpr (kGroups == 1) group = k_tile / (S.group / kTileK);
      if constexpr (kGroups == 2) group = 2LL * k_tile + step / 2;
      const long long row = (group * p.row_blocks + row_block) * 16;
      std::uint32_t zeros = 0;
      if constexpr (S.zero_point) zeros = load_global(p.zeros + row / 2 + g);
      terms[0] = row_terms<S, Generation::kAmpere>(load_global(p.scales + row + g), zeros & 15);
      terms[1] = row_terms<S, Generation::kAmpere>(load_global(p.scales + row + g + 8), zeros >> 4);
    }
    std::uint32_t a[4];
    dequantize_fragment<S, Generation::kAmpere>(a, words, step, terms);
    const int column = k_tile * kTileK + 16 * step + 2 * t;
    FP6SIM_UNROLL
    for (int eight = 0; eight < 2; ++eight) {
      store_shared(upper + 8 * step + 4 * eight, inside(a[2 * eight], column + 8 * eight, p.k));
      store_shared(lower + 8 * step + 4 * eight, inside(a[2 * eight + 1], column + 8 * eight, p.k));
    }
  }
  sync_warp();
  FP6SIM_UNROLL
  for (int four = 0; four < 4; ++four) {  // eight lanes a row: whole 128-byte lines
    const int row = 4 * four + lane / 8;
    const int column = k_tile * kTileK + lane % 8 * 8;
    if (16 * row_block + row >= p.m || column >= p.leading) continue;
    const Words4 eight =
        load_shared(reinterpret_cast<const Words4*>(rows + row * kBlockPitch + lane % 8 * 16));
    std::uint16_t* to = p.to + static_cast<long long>(16 * row_block + row) * p.leading + column;
    store_global(reinterpret_cast<Words4*>(to), eight);
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
