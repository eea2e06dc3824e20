// The kernel for large batches on Hopper: a warpgroup copies, two dequantise weights into the A registers of
// wgmma, which reads the tokens from shared memory by itself. Weights come as bulk copies; tokens by
// cp.async, 16 bytes at a time, because wgmma wants them swizzled.
#pragma once

#include "kernels/device/matrix_descriptor.h"
#include "kernels/gemm/epilogue.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

inline constexpr int kCopyingThreads = 128;
/// Stages of cp.async in flight behind the one being issued.
inline constexpr int kTokenLag = 2;
/// A copying thread needs few registers, and 65,536 / 128 = 40 + 2 * 232 rounded down to multiples of 8.
inline constexpr unsigned kCopyingRegisters = 40, kMultiplyingRegisters = 232;

/// Shared memory's header.
struct WarpgroupBarriers {
  Mbarrier landed[kStages];
  Mbarrier free[kStages];
  unsigned last_flag;
};
static_assert(sizeof(WarpgroupBarriers) <= shared_header(Generation::kWarpgroup));

/// Starts copying the stage's tokens. Those beyond n and columns beyond k become zero: copies of no bytes.
template <class T>
FP6SIM_DEVICE void copy_swizzled(std::byte* tokens, const GemmParameters& p, const CtaPosition& at,
                                 int k_tile, int thread) {
  constexpr int kRowsAtOnce = kCopyingThreads / 8;
  static_assert(kRowsAtOnce % 8 == 0, "a thread's chunk lies at one place in every row it copies");
  const int column = k_tile * kTileK + thread % 8 * 8;
  const int rows_left = column < p.k ? p.n - at.first_token - thread / 8 : 0;  // k is a multiple of 8 here
  const std::uint16_t* from = p.x + static_cast<long long>(at.first_token + thread / 8) * p.k + column;
  std::byte* const to = tokens + swizzled_byte(thread / 8, thread % 8 * 8);
  FP6SIM_UNROLL
  for (int row = 0; row < T::kTileN; row += kRowsAtOnce) {
    cp_async<16>(to + row * 128, from, row < rows_left ? 16 : 0);
    from += static_cast<long long>(kRowsAtOnce) * p.k;
  }
}

/// The same where rows of x are not 16-byte aligned: element by element.
template <class T>
FP6SIM_DEVICE void store_swizzled(std::byte* tokens, const GemmParameters& p, const CtaPosition& at,
                                  int k_tile, int thread) {
  FP6SIM_NO_UNROLL
  for (int element = thread; element < T::kTileN * kTileK; element += kCopyingThreads) {
    const int row = element / kTileK, column = element % kTileK;
    const int token = at.first_token + row, k = k_tile * kTileK + column;
    std::uint16_t value = 0;
    if (token < p.n && k < p.k) value = load_global(p.x + static_cast<long long>(token) * p.k + k);
    store_shared(reinterpret_cast<std::uint16_t*>(tokens + swizzled_byte(row, column)), value);
  }
}

template <class T>
FP6SIM_DEVICE void copy_stages(std::byte* stages, WarpgroupBarriers* barriers, const GemmParameters& p,
                               const CtaPosition& at, int thread) {
  const int tiles = at.tile_end - at.tile_begin;
  FP6SIM_NO_UNROLL
  for (int tile = 0; tile < tiles + kTokenLag; ++tile) {
    if (tile < tiles) {
      const int slot = tile % kStages, k_tile = at.tile_begin + tile;
      std::byte* const stage = stages + slot * T::kStage.bytes;
      mbarrier_wait(&barriers->free[slot], (static_cast<unsigned>(tile / kStages) + 1) % 2);
      if (thread == 0) {
        StageRun runs[StageRuns<T>::kCount];
        unsigned bytes = 0;
        FP6SIM_UNROLL
        for (int index = 0; index < StageRuns<T>::kCount; ++index) {
          runs[index] = stage_run<T>(p, at, k_tile, index);
          bytes += runs[index].bytes;
        }
        mbarrier_arrive_expect_tx(&barriers->landed[slot], bytes);
        FP6SIM_UNROLL
        for (int index = 0; index < StageRuns<T>::kCount; ++index) {
          bulk_copy_to_shared(stage + runs[index].to, runs[index].from, runs[index].bytes,
                              &barriers->landed[slot]);
        }
      }
      std::byte* const tokens = stage + T::kStage.activations;
      if (p.vector_activations != 0) {
        copy_swizzled<T>(tokens, p, at, k_tile, thread);
      } else {
        store_swizzled<T>(tokens, p, at, k_tile, thread);
      }
    }
    cp_async_commit();  // where there is nothing left to copy too, so that counting groups counts stages
    if (tile >= kTokenLag) {
      cp_async_wait<kTokenLag>();
      fence_proxy_async();  // what this thread copied, for the tensor core's own reads
      mbarrier_arrive(&barriers->landed[(tile - kTokenLag) % kStages]);
    }
  }
}

/// Adds the stages of this CTA to the warp's sums, k ascending. While the tensor core works on one step the
/// warp dequantises the next into the other set of registers. At a stage's end it waits for all: ptxas
/// serialises every wgmma of a loop that leaves one in flight from one turn to the next, and the other
/// warpgroup keeps the tensor core busy meanwhile.
template <class T>
FP6SIM_DEVICE void multiply_stages(Accumulators<T>& accumulators, const std::byte* stages,
                                   WarpgroupBarriers* barriers, const GemmParameters& p,
                                   const CtaPosition& at, int warp) {
  constexpr MmaInput kInput = T::kSpec.activation == Activation::kFp16 ? MmaInput::kF16 : MmaInput::kBf16;
  // A warp beyond the matrix multiplies the first warp's rows again: its warpgroup cannot do without it.
  const int source = warp * T::kRowBlocks < at.blocks ? warp : 0;
  WarpTerms<T> terms;
  if (T::kStage.groups == 0) load_row_terms<T>(terms, p, 16 * at.first_block + source * T::kWarpRows);
  const unsigned tiles = static_cast<unsigned>(at.tile_end - at.tile_begin);
  std::uint32_t a[2][T::kRowBlocks][4] = {};
  wgmma_fence(accumulators.sum);
  FP6SIM_NO_UNROLL
  for (unsigned tile = 0; tile < tiles; ++tile) {
    const unsigned slot = tile % kStages;
    const std::byte* const stage = stages + slot * T::kStage.bytes;
    mbarrier_wait(&barriers->landed[slot], tile / kStages % 2);
    const std::uint64_t tokens = swizzled_rows_descriptor(shared_address(stage + T::kStage.activations));
    LaneWords<T::kSpec> words[T::kRowBlocks];
    FP6SIM_UNROLL
    for (int block = 0; block < T::kRowBlocks; ++block) {
      load_words<T>(words[block], stage, source * T::kRowBlocks + block);
    }
    if constexpr (T::kStage.groups == 1) load_group_terms<T>(terms, stage, source, 0);
    FP6SIM_UNROLL
    for (int step = 0; step < 4; ++step) {
      if (T::kStage.groups == 2 && step % 2 == 0) load_group_terms<T>(terms, stage, source, step / 2);
      auto& fragments = a[step % 2];
      FP6SIM_UNROLL
      for (int block = 0; block < T::kRowBlocks; ++block) {
        dequantize_fragment<T::kSpec, T::kGeneration>(fragments[block], words[block], step, terms.rows[block]);
      }
      wgmma_fence(fragments);
      FP6SIM_UNROLL
      for (int block = 0; block < T::kRowBlocks; ++block) {
        wgmma(kInput, accumulators.sum[block], fragments[block],
              tokens + static_cast<unsigned>(step) * kDescriptorStep);
      }
      wgmma_commit();
      if (step < 3) wgmma_wait<1>(a[(step + 1) % 2]);  // the step before: its registers may be written again
    }
    wgmma_wait<0>(accumulators.sum);
    sync_warp();
    if (lane_id() == 0) mbarrier_arrive(&barriers->free[slot]);
  }
}

template <class T>
FP6SIM_KERNEL(T::kThreads, T::kCtasPerSm)
gemm_warpgroup(const GemmParameters p) {
  std::byte* const shared = dynamic_shared();
  auto* const barriers = reinterpret_cast<WarpgroupBarriers*>(shared);
  std::byte* const stages = shared + T::kSharedHeader;
  const int warp = static_cast<int>(warp_id());
  const CtaPosition at = cta_position(p, T::kTileN);
  if (thread_idx().x == 0) {
    for (int slot = 0; slot < kStages; ++slot) {
      // Every copying thread once its tokens lie there, and one for the weights' bytes.
      mbarrier_init(&barriers->landed[slot], kCopyingThreads + 1);
      mbarrier_init(&barriers->free[slot], T::kWarps);  // one lane of every multiplying warp
    }
    fence_mbarrier_init();
  }
  sync_threads();
  if (warp >= T::kWarps) {
    lower_registers<kCopyingRegisters>();
    copy_stages<T>(stages, barriers, p, at, static_cast<int>(thread_idx().x) - 32 * T::kWarps);
  } else {
    raise_registers<kMultiplyingRegisters>();
    Accumulators<T> accumulators{};
    multiply_stages<T>(accumulators, stages, barriers, p, at, warp);
    finish_tile<T>(accumulators, p, at, warp, &barriers->last_flag, [] { sync_warps<1, 32 * T::kWarps>(); });
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
