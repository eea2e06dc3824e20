// Sizes of a CTA's tile and of a pipeline stage, for kernels and chooser alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "emu/packing/tile_order.h"
#include "kernels/variant.h"

namespace fp6sim::kernels {

inline constexpr int kTileM = 256;
inline constexpr int kTileK = static_cast<int>(emu::kTileColumns);
inline constexpr int kStages = 4;
/// Batch tiles that are compiled. Wider batches take several tiles of the widest.
inline constexpr std::array<int, 5> kBatchTiles{8, 16, 32, 64, 128};
/// With a producer warp an SM's quarter holds three warps and each thread at most 168 registers: 128 tokens
/// would spill. Warpgroups hand registers to each other.
constexpr int widest_batch_tile(Generation generation) {
  return generation == Generation::kHopper ? 64 : 128;
}
/// wgmma pays where the tensor cores are busy: up to 32 tokens memory is not fast enough for mma.sync either.
constexpr int narrowest_batch_tile(Generation generation) {
  return generation == Generation::kWarpgroup ? 64 : 8;
}
/// The kernels a GPU of this compute capability takes for n tokens.
constexpr Generation generation_for(int compute_capability, std::int64_t n) {
  if (compute_capability < 90) return Generation::kAmpere;
  return compute_capability == 90 && n > 32 ? Generation::kWarpgroup : Generation::kHopper;
}

/// A compute capability for which generation_for() gives these kernels whatever n they were chosen for.
constexpr int capability_for(Generation generation) {
  return generation == Generation::kAmpere ? 80 : generation == Generation::kHopper ? 100 : 90;
}

/// A row of 64 activations in shared memory takes 144 bytes: eight rows of an ldmatrix then lie in different
/// banks.
inline constexpr std::size_t kActivationPitch = 2 * kTileK + 16;

/// Start of shared memory: mbarriers, and the flag by which a split's last CTA is told. Stages follow at the
/// alignment of their parts: whole lines, or whole patterns of the swizzle that wgmma reads tokens in.
constexpr std::size_t stage_alignment(Generation generation) {
  return generation == Generation::kWarpgroup ? 1024 : 128;
}
constexpr std::size_t shared_header(Generation generation) {
  return stage_alignment(generation);
}

/// Warps that multiply; wide batches take more of them, with fewer rows each, so that accumulators fit
/// registers.
constexpr int multiplying_warps(int tile_n) {
  return tile_n <= 32 ? 4 : 8;
}
/// The Hopper kernels add a warp, or a warpgroup, that only copies.
constexpr int cta_threads(Generation generation, int tile_n) {
  const int copying = generation == Generation::kWarpgroup ? 4 : generation == Generation::kHopper ? 1 : 0;
  return 32 * (multiplying_warps(tile_n) + copying);
}

/// One stage, each part on a 16-byte boundary:
///   wide words | narrow words | scales [groups][256] | zero points [groups][128] | activations [tile_n]
/// Activations lie at the pitch; for wgmma in rows of 128 bytes, swizzled (device/matrix_descriptor.h).
struct StageLayout {
  std::size_t narrow, scales, zeros, activations;  ///< offsets; the wide words are at 0
  std::size_t weight_bytes;                        ///< of the parts before the activations
  std::size_t bytes;                               ///< a multiple of stage_alignment()
  int groups;  ///< groups of 64 columns that a stage carries scales for; 0: one per row, kept in registers
};

constexpr StageLayout stage_layout(const KernelSpec& spec, int tile_n, Generation generation) {
  constexpr std::size_t kBlocks = kTileM / emu::kTileBlockRows;
  StageLayout layout{};
  layout.groups = spec.group == 0 ? 0 : spec.group >= kTileK ? 1 : kTileK / spec.group;
  const auto groups = static_cast<std::size_t>(layout.groups);
  layout.narrow = kBlocks * 4 * emu::wide_block_words(spec.split);
  layout.scales = layout.narrow + kBlocks * 4 * emu::narrow_block_words(spec.split);
  layout.zeros = layout.scales + groups * 2 * kTileM;
  layout.weight_bytes = layout.zeros + (spec.zero_point ? groups * kTileM / 2 : 0);
  const bool swizzled = generation == Generation::kWarpgroup;
  layout.activations = swizzled ? emu::round_up(layout.weight_bytes, 1024) : layout.weight_bytes;
  const std::size_t pitch = swizzled ? 2 * kTileK : kActivationPitch;
  layout.bytes = emu::round_up(layout.activations + static_cast<std::size_t>(tile_n) * pitch,
                               stage_alignment(generation));
  return layout;
}

constexpr std::size_t shared_bytes(const KernelSpec& spec, int tile_n, Generation generation) {
  return shared_header(generation) + kStages * stage_layout(spec, tile_n, generation).bytes;
}

static_assert(stage_layout({}, 8, Generation::kAmpere).activations == 256 * 64 * 6 / 8,
              "six bits a weight and nothing else");

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
  static constexpr StageLayout kStage = stage_layout(S, TileN, G);
  static constexpr std::size_t kSharedHeader = shared_header(G);
  /// CTAs that should fit an SM: bounds the registers where accumulators are few.
  static constexpr int kCtasPerSm = TileN <= 8 ? 4 : TileN <= 16 ? 3 : TileN <= 32 ? 2 : 1;
};

}  // namespace fp6sim::kernels
