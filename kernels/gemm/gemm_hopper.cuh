// The bulk-copy kernel: one warp keeps the copy engine busy, the others dequantise and multiply; each stage
// has an mbarrier that says "landed" and one that says "free".
#pragma once

#include "kernels/gemm/epilogue.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// Shared memory's header.
struct StageBarriers {
  Mbarrier landed[kStages];
  Mbarrier free[kStages];
  unsigned last_flag;
};
static_assert(sizeof(StageBarriers) <= shared_header(Generation::kHopper));

/// One lane's share of the activations of a stage: the tokens lane, lane + 32, ... Returns the bytes its bulk
/// copies will bring; what they do not bring (columns beyond k) it writes itself as zero. Tokens beyond n
/// were zeroed once.
template <class T>
FP6SIM_DEVICE unsigned activation_bytes(const GemmParameters& p, const CtaPosition& at, int k_tile) {
  if (p.vector_activations == 0) return 0;
  const int columns = p.k - k_tile * kTileK < kTileK ? p.k - k_tile * kTileK : kTileK;
  unsigned tokens = 0;
  for (int token = static_cast<int>(lane_id()); token < T::kTileN; token += 32) {
    if (at.first_token + token < p.n) ++tokens;
  }
  return tokens * 2u * static_cast<unsigned>(columns);
}

template <class T>
FP6SIM_DEVICE void produce_activations(std::byte* stage, const GemmParameters& p, const CtaPosition& at,
                                       int k_tile, Mbarrier* landed) {
  const int first_column = k_tile * kTileK;
  const int columns = p.k - first_column < kTileK ? p.k - first_column : kTileK;
  for (int row = static_cast<int>(lane_id()); row < T::kTileN; row += 32) {
    const int token = at.first_token + row;
    if (token >= p.n) continue;
    const std::uint16_t* from = p.x + static_cast<long long>(token) * p.k + first_column;
    auto* to = reinterpret_cast<std::uint16_t*>(stage + T::kStage.activations + row * kActivationPitch);
    if (p.vector_activations != 0) {
      bulk_copy_to_shared(to, from, 2u * static_cast<unsigned>(columns), landed);
    } else {
      FP6SIM_NO_UNROLL
      for (int column = 0; column < columns; ++column) store_shared(to + column, load_global(from + column));
    }
  }
}

/// Columns beyond k of the last tile, before this lane arrives at the stage's barrier.
template <class T>
FP6SIM_DEVICE void zero_columns(std::byte* stage, const GemmParameters& p, int k_tile) {
  const int columns = p.k - k_tile * kTileK;
  for (int row = static_cast<int>(lane_id()); row < T::kTileN; row += 32) {
    auto* to = reinterpret_cast<std::uint16_t*>(stage + T::kStage.activations + row * kActivationPitch);
    FP6SIM_NO_UNROLL
    for (int column = columns; column < kTileK; ++column) store_shared(to + column, std::uint16_t{0});
  }
}

template <class T>
FP6SIM_DEVICE void produce(std::byte* stages, StageBarriers* barriers, const GemmParameters& p,
                           const CtaPosition& at) {
  int slot = 0;
  unsigned parity = 1;  // of the phase before the first: every stage starts free
  FP6SIM_NO_UNROLL
  for (int k_tile = at.tile_begin; k_tile < at.tile_end; ++k_tile) {
    std::byte* const stage = stages + slot * T::kStage.bytes;
    Mbarrier* const landed = &barriers->landed[slot];
    mbarrier_wait(&barriers->free[slot], parity);
    unsigned bytes = activation_bytes<T>(p, at, k_tile);
    StageRun runs[StageRuns<T>::kCount];
    FP6SIM_UNROLL
    for (int index = 0; index < StageRuns<T>::kCount; ++index) {
      runs[index] = stage_run<T>(p, at, k_tile, index);
      if (lane_id() == 0) bytes += runs[index].bytes;
    }
    if (p.k - k_tile * kTileK < kTileK) zero_columns<T>(stage, p, k_tile);
    if (p.vector_activations == 0) produce_activations<T>(stage, p, at, k_tile, landed);
    mbarrier_arrive_expect_tx(landed, bytes);
    if (lane_id() == 0) {
      FP6SIM_UNROLL
      for (int index = 0; index < StageRuns<T>::kCount; ++index) {
        bulk_copy_to_shared(stage + runs[index].to, runs[index].from, runs[index].bytes, landed);
      }
    }
    if (p.vector_activations != 0) produce_activations<T>(stage, p, at, k_tile, landed);
    slot = slot == kStages - 1 ? 0 : slot + 1;
    if (slot == 0) parity ^= 1;
  }
}

template <class T>
FP6SIM_KERNEL(T::kThreads, T::kCtasPerSm)
gemm_hopper(const GemmParameters p) {
  std::byte* const shared = dynamic_shared();
  auto* const barriers = reinterpret_cast<StageBarriers*>(shared);
  std::byte* const stages = shared + T::kSharedHeader;
  const int warp = static_cast<int>(warp_id());
  const CtaPosition at = cta_position(p, T::kTileN);

  if (thread_idx().x == 0) {
    for (int slot = 0; slot < kStages; ++slot) {
      mbarrier_init(&barriers->landed[slot], 32);       // every lane of the copying warp
      mbarrier_init(&barriers->free[slot], T::kWarps);  // one lane of every multiplying warp
    }
    fence_mbarrier_init();
  }
  // Tokens beyond n: zeroed in every stage here, and never written again.
  const int tokens = p.n - at.first_token < T::kTileN ? p.n - at.first_token : T::kTileN;
  FP6SIM_NO_UNROLL
  for (int slot = 0; slot < kStages; ++slot) {
    std::byte* const rows = stages + slot * T::kStage.bytes + T::kStage.activations;
    for (int chunk = tokens * 8 + static_cast<int>(thread_idx().x); chunk < T::kTileN * 8;
         chunk += T::kThreads) {
      store_shared(reinterpret_cast<Words4*>(rows + (chunk / 8) * kActivationPitch + chunk % 8 * 16),
                   Words4{});
    }
  }
  sync_threads();

  Accumulators<T> accumulators{};
  if (warp == T::kWarps) {
    produce<T>(stages, barriers, p, at);
  } else {
    const bool has_rows = warp * T::kRowBlocks < at.blocks;
    WarpTerms<T> terms;
    if (T::kStage.groups == 0 && has_rows) {
      load_row_terms<T>(terms, p, 16 * at.first_block + warp * T::kWarpRows);
    }
    const unsigned tiles = static_cast<unsigned>(at.tile_end - at.tile_begin);
    FP6SIM_NO_UNROLL
    for (unsigned tile = 0; tile < tiles; ++tile) {
      const unsigned slot = tile % kStages;  // one counter for slot and parity: registers are what is scarce
      mbarrier_wait(&barriers->landed[slot], tile / kStages % 2);
      if (has_rows) multiply_stage<T>(accumulators, terms, stages + slot * T::kStage.bytes, warp);
      sync_warp();
      if (lane_id() == 0) mbarrier_arrive(&barriers->free[slot]);
    }
    finish_tile<T>(accumulators, p, at, warp, &barriers->last_flag, [] { sync_warps<1, 32 * T::kWarps>(); });
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
