// The cp.async kernel: every warp copies, dequantises and multiplies; four stages; one barrier a stage.
#pragma once

#include "kernels/gemm/epilogue.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// Starts copying k tile `k_tile` into `stage`. Rows beyond the padded matrix are left as they are: no warp
/// reads them.
template <class T>
FP6SIM_DEVICE void copy_weights(std::byte* stage, const GemmParameters& p, const CtaPosition& at,
                                int k_tile) {
  FP6SIM_UNROLL
  for (int index = 0; index < StageRuns<T>::kCount; ++index) {
    const StageRun run = stage_run<T>(p, at, k_tile, index);
    FP6SIM_UNROLL
    for (unsigned first = 0; first < stage_run_capacity<T>(index); first += 16 * T::kThreads) {
      const unsigned byte = first + 16 * thread_idx().x;
      if (byte < run.bytes) cp_async<16>(stage + run.to + byte, run.from + byte);
    }
  }
}

/// Tokens beyond n and columns beyond k become zero: copies of no bytes, whose source is not looked at.
template <class T>
FP6SIM_DEVICE void copy_activations(std::byte* stage, const GemmParameters& p, const CtaPosition& at,
                                    int k_tile) {
  constexpr int kChunks = T::kTileN * 8;  // of 16 bytes, eight a token
  constexpr int kRowsAtOnce = T::kThreads / 8;
  const int thread = static_cast<int>(thread_idx().x);
  const int column = k_tile * kTileK + thread % 8 * 8;
  const int rows_left = column < p.k ? p.n - at.first_token - thread / 8 : 0;  // k is a multiple of 8 here
  const std::uint16_t* from = p.x + static_cast<long long>(at.first_token + thread / 8) * p.k + column;
  std::byte* const to = stage + T::kStage.activations + thread / 8 * kActivationPitch + thread % 8 * 16;
  FP6SIM_UNROLL
  for (int round = 0; round * T::kThreads < kChunks; ++round) {
    if (kChunks < T::kThreads && thread >= kChunks) break;
    cp_async<16>(to + round * kRowsAtOnce * kActivationPitch, from, round * kRowsAtOnce < rows_left ? 16 : 0);
    from += static_cast<long long>(kRowsAtOnce) * p.k;
  }
}

/// The same where rows of x are not 16-byte aligned: element by element, ordered by the barrier before their
/// use.
template <class T>
FP6SIM_DEVICE void copy_activation_elements(std::byte* stage, const GemmParameters& p, const CtaPosition& at,
                                            int k_tile) {
  const int first_column = k_tile * kTileK;
  std::byte* const tokens = stage + T::kStage.activations;
  FP6SIM_NO_UNROLL
  for (int element = static_cast<int>(thread_idx().x); element < T::kTileN * kTileK; element += T::kThreads) {
    const int token = at.first_token + element / kTileK;
    const int column = first_column + element % kTileK;
    std::uint16_t value = 0;
    if (token < p.n && column < p.k) value = load_global(p.x + static_cast<long long>(token) * p.k + column);
    auto* to =
        reinterpret_cast<std::uint16_t*>(tokens + (element / kTileK) * kActivationPitch) + element % kTileK;
    store_shared(to, value);
  }
}

template <class T>
FP6SIM_DEVICE void copy_stage(std::byte* stage, const GemmParameters& p, const CtaPosition& at, int k_tile) {
  copy_weights<T>(stage, p, at, k_tile);
  if (p.vector_activations != 0) {
    copy_activations<T>(stage, p, at, k_tile);
  } else {
    copy_activation_elements<T>(stage, p, at, k_tile);
  }
}

template <class T>
FP6SIM_KERNEL(T::kThreads, T::kCtasPerSm)
gemm_ampere(const GemmParameters p) {
  std::byte* const shared = dynamic_shared();
  std::byte* const stages = shared + T::kSharedHeader;
  const int warp = static_cast<int>(warp_id());
  const CtaPosition at = cta_position(p, T::kTileN);
  const bool has_rows = warp * T::kRowBlocks < at.blocks;

  Accumulators<T> accumulators{};
  WarpTerms<T> terms;
  if (T::kStage.groups == 0 && has_rows) {
    load_row_terms<T>(terms, p, 16 * at.first_block + warp * T::kWarpRows);
  }

  // Groups are committed even where there is nothing left to copy, so that counting groups counts stages.
  FP6SIM_NO_UNROLL
  for (int ahead = 0; ahead < kStages - 1; ++ahead) {
    const int k_tile = at.tile_begin + ahead;
    if (k_tile < at.tile_end) copy_stage<T>(stages + ahead * T::kStage.bytes, p, at, k_tile);
    cp_async_commit();
  }
  int slot = 0;
  FP6SIM_NO_UNROLL
  for (int k_tile = at.tile_begin; k_tile < at.tile_end; ++k_tile) {
    cp_async_wait<kStages - 2>();
    sync_threads();  // this stage has landed for every thread, and the one before it is no longer read
    const int ahead = k_tile + kStages - 1;
    if (ahead < at.tile_end) {
      copy_stage<T>(stages + (slot == 0 ? kStages - 1 : slot - 1) * T::kStage.bytes, p, at, ahead);
    }
    cp_async_commit();
    if (has_rows) multiply_stage<T>(accumulators, terms, stages + slot * T::kStage.bytes, warp);
    slot = slot == kStages - 1 ? 0 : slot + 1;
  }
  finish_tile<T>(accumulators, p, at, warp, reinterpret_cast<unsigned*>(shared), [] { sync_threads(); });
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
