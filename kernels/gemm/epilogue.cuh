// Sums -> output: at once where K is not split, else by the last CTA of a tile to arrive, in ascending order
// of splits.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/device/vector.h"
#include "kernels/gemm/multiply.cuh"
#include "kernels/gemm/position.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// Rounds once and stores what lies inside the matrix. A warp's store of one register covers 8 consecutive
/// outputs of each of 4 tokens.
template <class T>
FP6SIM_DEVICE void store_output(const Accumulators<T>& accumulators, const GemmParameters& p,
                                const CtaPosition& at, int warp) {
  const int lane = static_cast<int>(lane_id());
  const int row = 16 * at.first_block + warp * T::kWarpRows + lane / 4;
  int token = at.first_token + 2 * (lane % 4);
  std::uint16_t* out = p.y + static_cast<long long>(token) * p.m + row;
  FP6SIM_UNROLL
  for (int batch = 0; batch < T::kBatchBlocks; ++batch) {
    FP6SIM_UNROLL
    for (int odd = 0; odd < 2; ++odd) {
      FP6SIM_UNROLL
      for (int eight = 0; eight < 2 * T::kRowBlocks; ++eight) {
        if (token >= p.n || row + 8 * eight >= p.m) continue;
        const float sum = accumulators.sum[eight / 2][batch][2 * (eight % 2) + odd];
        const std::uint16_t rounded =
            T::kSpec.activation == Activation::kFp16 ? to_half(sum) : to_bfloat16(sum);
        store_global(out + 8 * eight, rounded);
      }
      const int to_next = odd == 0 ? 1 : 7;
      token += to_next;
      out += static_cast<long long>(to_next) * p.m;
    }
  }
}

/// Partial sums of one split of one tile, in the order in which threads hold them: 16-byte, fully coalesced.
template <class T>
struct PartialSums {
  static constexpr int kQuads = T::kRowBlocks * T::kBatchBlocks;
  static constexpr int kThreads = 32 * T::kWarps;
  FP6SIM_DEVICE static Floats4* at(const GemmParameters& p, int tile, int split, int thread) {
    const long long first = (static_cast<long long>(tile) * p.splits + split) * (kQuads * kThreads);
    return reinterpret_cast<Floats4*>(p.partials) + first + thread;
  }
};

/// Whether this CTA's partial sums were the last of its tile. All multiplying threads call it; `sync` is
/// their barrier. The counter is left at 0 for the next launch.
template <class Sync>
FP6SIM_DEVICE bool arrived_last(const GemmParameters& p, int tile, int thread, unsigned* flag, Sync sync) {
  thread_fence();  // this thread's partial sums before the count below, seen from any CTA
  sync();
  if (thread == 0) {
    const unsigned before = atomic_add(p.counters + tile, 1u);
    const bool last = before + 1 == static_cast<unsigned>(p.splits);
    if (last) store_global(p.counters + tile, 0u);
    store_shared(flag, last ? 1u : 0u);
  }
  sync();
  const bool last = load_shared(flag) != 0;
  if (last) thread_fence();
  return last;
}

template <class T, class Sync>
FP6SIM_DEVICE void finish_tile(Accumulators<T>& accumulators, const GemmParameters& p, const CtaPosition& at,
                               int warp, unsigned* flag, Sync sync) {
  using Partial = PartialSums<T>;
  if (p.splits > 1) {
    const int thread = warp * 32 + static_cast<int>(lane_id());
    Floats4* mine = Partial::at(p, at.tile, static_cast<int>(block_idx().y), thread);
    FP6SIM_UNROLL
    for (int quad = 0; quad < Partial::kQuads; ++quad) {
      const auto& sum = accumulators.sum[quad / T::kBatchBlocks][quad % T::kBatchBlocks];
      store_global(mine + quad * Partial::kThreads, Floats4{{sum[0], sum[1], sum[2], sum[3]}});
    }
    if (!arrived_last(p, at.tile, thread, flag, sync)) return;
    FP6SIM_UNROLL
    for (int quad = 0; quad < Partial::kQuads; ++quad) {
      auto& sum = accumulators.sum[quad / T::kBatchBlocks][quad % T::kBatchBlocks];
      FP6SIM_NO_UNROLL
      for (int split = 0; split < p.splits; ++split) {
        const Floats4 part = load_global(Partial::at(p, at.tile, split, thread) + quad * Partial::kThreads);
        FP6SIM_UNROLL
        for (int i = 0; i < 4; ++i) sum[i] = split == 0 ? part.value[i] : fadd(sum[i], part.value[i]);
      }
    }
  }
  if (warp * T::kRowBlocks < at.blocks) store_output<T>(accumulators, p, at, warp);
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
