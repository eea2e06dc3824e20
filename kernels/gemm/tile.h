// Sizes of a CTA's tile and of a pipeline stage, for kernels and chooser alike.
#pragma once

#include <array>
#include <cstddef>

#include "emu/packing/tile_order.h"
#include "kernels/variant.h"

namespace fp6sim::kernels {

inline constexpr int kTileM = 256;
inline constexpr int kTileK = static_cast<int>(emu::kTileColumns);
inline constexpr int kStages = 4;
/// Batch tiles that are compiled. Wider batches take several tiles of the widest.
inline constexpr std::array<int, 5> kBatchTiles{8, 16, 32, 64, 128};
/// With a producer warp an SM's quarter holds three warps and each thread at most 168 registers: 128 tokens
/// would spill.
constexpr int widest_batch_tile(Generation generation) {
  return generation == Generation::kHopper ? 64 : 128;
}

/// A row of 64 activations in shared memory takes 144 bytes: eight rows of an ldmatrix then lie in different
/// banks.
inline constexpr std::size_t kActivationPitch = 2 * kTileK + 16;

/// Start of shared memory: mbarriers, and the flag by which a split's last CTA is told.
inline constexpr std::size_t kSharedHeader = 128;

/// Warps that multiply; wide batches take more of them, with fewer rows each, so that accumulators fit
/// registers.
constexpr int multiplying_warps(int tile_n) {
  return tile_n <= 32 ? 4 : 8;
}
/// The Hopper kernel adds a warp that only copies.
constexpr int cta_threads(Generation generation, int tile_n) {
  return 32 * (multiplying_warps(tile_n) + (generation == Generation::kHopper ? 1 : 0));
}

/// One stage, each part on a 16-byte boundary:
///   wide words | narrow words | scales [groups][256] | zero points [groups][128] | activations [tile_n] at
///   the pitch
struct StageLayout {
  std::size_t narrow, scales, zeros, activations;  ///< offsets; the wide words are at 0
  std::size_t bytes;                               ///< a multiple of 128
  int groups;  ///< groups of 64 columns that a stage carries scales for; 0: one per row, kept in registers
};

constexpr StageLayout stage_layout(const KernelSpec& spec, int tile_n) {
  constexpr std::size_t kBlocks = kTileM / emu::kTileBlockRows;
  StageLayout layout{};
  layout.groups = spec.group == 0 ? 0 : spec.group >= kTileK ? 1 : kTileK / spec.group;
  const auto groups = static_cast<std::size_t>(layout.groups);
  layout.narrow = kBlocks * 4 * emu::wide_block_words(spec.split);
  layout.scales = layout.narrow + kBlocks * 4 * emu::narrow_block_words(spec.split);
  layout.zeros = layout.scales + groups * 2 * kTileM;
  layout.activations = layout.zeros + (spec.zero_point ? groups * kTileM / 2 : 0);
  layout.bytes = emu::round_up(layout.activations + static_cast<std::size_t>(tile_n) * kActivationPitch, 128);
  return layout;
}

constexpr std::size_t shared_bytes(const KernelSpec& spec, int tile_n) {
  return kSharedHeader + kStages * stage_layout(spec, tile_n).bytes;
}

static_assert(stage_layout({}, 8).activations == 256 * 64 * 6 / 8, "six bits a weight and nothing else");

/// Everything of a kernel that is known when it is compiled.
template <KernelSpec S, int TileN, Generation G>
struct Tile {
  static constexpr KernelSpec kSpec = S;
  static constexpr Generation kGeneration = G;
  static constexpr int kTileN = TileN;
  static constexpr int kWarps = multiplying_warps(TileN);
  static constexpr int kThreads = cta_threads(G, TileN);
  static constexpr int kWarpRows = kTileM / kWarps;
  static constexpr int kRowBlocks = kWarpRows / 16;  ///< blocks of 16 rows a warp owns
  static constexpr int kBatchBlocks = TileN / 8;     ///< blocks of 8 tokens, which every warp multiplies with
  static constexpr StageLayout kStage = stage_layout(S, TileN);
  /// CTAs that should fit an SM: bounds the registers where accumulators are few.
  static constexpr int kCtasPerSm = TileN <= 8 ? 4 : TileN <= 16 ? 3 : TileN <= 32 ? 2 : 1;
};

}  // namespace fp6sim::kernels
