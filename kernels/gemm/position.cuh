// Which part of the GEMM a CTA computes, and which bytes a stage of it is.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/gemm/parameters.h"
#include "kernels/gemm/tile.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// CTAs of one weight tile lie next to each other in the grid (batch tiles fastest), so its bytes come from
/// L2 but once from memory; splits of K are the grid's y.
struct CtaPosition {
  int tile;         ///< m tile * n_tiles + n tile
  int first_block;  ///< in blocks of 16 rows
  int blocks;       ///< of them inside the padded matrix, a multiple of 4
  int first_token;
  int tile_begin, tile_end;  ///< of this split, in tiles of 64 columns
};

FP6SIM_DEVICE CtaPosition cta_position(const GemmParameters& p, int tile_n) {
  CtaPosition at;
  at.tile = static_cast<int>(block_idx().x);
  at.first_block = at.tile / p.n_tiles * (kTileM / 16);
  const int left = p.row_blocks - at.first_block;
  at.blocks = left < kTileM / 16 ? left : kTileM / 16;
  at.first_token = at.tile % p.n_tiles * tile_n;
  const long long split = block_idx().y;
  at.tile_begin = static_cast<int>(split * p.k_tiles / p.splits);
  at.tile_end = static_cast<int>((split + 1) * p.k_tiles / p.splits);
  return at;
}

/// A contiguous run of global bytes and where it goes in the stage.
struct StageRun {
  const std::byte* from;
  unsigned to;
  unsigned bytes;  ///< a multiple of 16
};

/// The runs of packed bytes that make up a stage: wide words, narrow words, then scales and zero points per
/// group.
template <class T>
struct StageRuns {
  static constexpr bool kHasNarrow = emu::info(T::kSpec.split).has_two_arrays();
  static constexpr int kGroups = T::kStage.groups;
  static constexpr int kCount = 1 + (kHasNarrow ? 1 : 0) + kGroups * (T::kSpec.zero_point ? 2 : 1);
};

/// First group of a k tile.
template <class T>
FP6SIM_DEVICE long long first_group(int k_tile) {
  constexpr int kGroup = T::kSpec.group;
  return kGroup >= kTileK ? k_tile / (kGroup / kTileK) : static_cast<long long>(k_tile) * T::kStage.groups;
}

/// Bytes run `index` takes of a full CTA tile.
template <class T>
FP6SIM_DEVICE constexpr unsigned stage_run_capacity(int index) {
  constexpr std::size_t kBlocks = kTileM / 16;
  if (index == 0) return static_cast<unsigned>(kBlocks * 4 * emu::wide_block_words(T::kSpec.split));
  if (StageRuns<T>::kHasNarrow && index == 1) {
    return static_cast<unsigned>(kBlocks * 4 * emu::narrow_block_words(T::kSpec.split));
  }
  const int part = index - (StageRuns<T>::kHasNarrow ? 2 : 1);
  return part < T::kStage.groups ? 2 * kTileM : kTileM / 2;
}

/// Run `index` (a constant after unrolling) of the stage that holds k tile `k_tile`.
template <class T>
FP6SIM_DEVICE StageRun stage_run(const GemmParameters& p, const CtaPosition& at, int k_tile, int index) {
  const long long block = static_cast<long long>(k_tile) * p.row_blocks + at.first_block;
  constexpr unsigned kWide = 4 * emu::wide_block_words(T::kSpec.split);
  constexpr unsigned kNarrow = 4 * emu::narrow_block_words(T::kSpec.split);
  const auto blocks = static_cast<unsigned>(at.blocks);
  if (index == 0) return {reinterpret_cast<const std::byte*>(p.wide) + block * kWide, 0, blocks * kWide};
  if (StageRuns<T>::kHasNarrow && index == 1) {
    return {reinterpret_cast<const std::byte*>(p.narrow) + block * kNarrow,
            static_cast<unsigned>(T::kStage.narrow), blocks * kNarrow};
  }
  const int part = index - (StageRuns<T>::kHasNarrow ? 2 : 1);
  const int in_tile = part % (T::kStage.groups == 0 ? 1 : T::kStage.groups);
  const long long row =
      (first_group<T>(k_tile) + in_tile) * p.row_blocks + at.first_block;  // in blocks of 16 rows
  if (part < T::kStage.groups) {
    return {reinterpret_cast<const std::byte*>(p.scales) + row * 32,
            static_cast<unsigned>(T::kStage.scales) + static_cast<unsigned>(in_tile) * 2 * kTileM,
            blocks * 32};
  }
  return {reinterpret_cast<const std::byte*>(p.zeros) + row * 8,
          static_cast<unsigned>(T::kStage.zeros) + static_cast<unsigned>(in_tile) * kTileM / 2, blocks * 8};
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
