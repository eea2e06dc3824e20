// One stage's work of a warp: load its words, dequantise them in registers, multiply with every token.
#pragma once

#include "kernels/dequantize/fragment.cuh"
#include "kernels/device/device.cuh"
#include "kernels/device/vector.h"
#include "kernels/gemm/parameters.h"
#include "kernels/gemm/tile.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

template <class T>
struct Accumulators {
  float sum[T::kRowBlocks][T::kBatchBlocks][4];  ///< mma.m16n8k16's D fragment of each 16 rows x 8 tokens
};

/// Scales and zero points of the two rows a lane has in each of the warp's blocks.
template <class T>
struct WarpTerms {
  RowTerms rows[T::kRowBlocks][2];
};

/// Per-row scales, read once: `first_row` is the warp's.
template <class T>
FP6SIM_DEVICE void load_row_terms(WarpTerms<T>& terms, const GemmParameters& p, int first_row) {
  const int g = static_cast<int>(lane_id() / 4);
  FP6SIM_UNROLL
  for (int block = 0; block < T::kRowBlocks; ++block) {
    const int row = first_row + 16 * block;
    std::uint32_t zeros = 0;
    if constexpr (T::kSpec.zero_point) zeros = load_global(p.zeros + row / 2 + g);
    terms.rows[block][0] = row_terms<T::kSpec>(load_global(p.scales + row + g), zeros & 15);
    terms.rows[block][1] = row_terms<T::kSpec>(load_global(p.scales + row + g + 8), zeros >> 4);
  }
}

/// Group scales, from the stage: `group` is the group within the stage.
template <class T>
FP6SIM_DEVICE void load_group_terms(WarpTerms<T>& terms, const std::byte* stage, int warp, int group) {
  const int g = static_cast<int>(lane_id() / 4);
  const auto* scales = reinterpret_cast<const std::uint16_t*>(stage + T::kStage.scales) + group * kTileM;
  const auto* zero_bytes =
      reinterpret_cast<const std::uint8_t*>(stage + T::kStage.zeros) + group * (kTileM / 2);
  FP6SIM_UNROLL
  for (int block = 0; block < T::kRowBlocks; ++block) {
    const int row = warp * T::kWarpRows + 16 * block;
    std::uint32_t zeros = 0;
    if constexpr (T::kSpec.zero_point) zeros = load_shared(zero_bytes + row / 2 + g);
    terms.rows[block][0] = row_terms<T::kSpec>(load_shared(scales + row + g), zeros & 15);
    terms.rows[block][1] = row_terms<T::kSpec>(load_shared(scales + row + g + 8), zeros >> 4);
  }
}

/// A lane's words of one block: 16-byte loads of consecutive lanes, free of bank conflicts.
template <class T>
FP6SIM_DEVICE void load_words(LaneWords<T::kSpec>& words, const std::byte* stage, int block) {
  constexpr int kWide = LaneWords<T::kSpec>::kWide;
  constexpr int kNarrow = LaneWords<T::kSpec>::kNarrow;
  const int lane = static_cast<int>(lane_id());
  const auto* wide = reinterpret_cast<const Words4*>(stage) + block * (8 * kWide) + lane;
  FP6SIM_UNROLL
  for (int plane = 0; plane < kWide / 4; ++plane) {
    const Words4 four = load_shared(wide + 32 * plane);
    FP6SIM_UNROLL
    for (int i = 0; i < 4; ++i) words.wide[4 * plane + i] = four.word[i];
  }
  if constexpr (kNarrow == 2) {
    const Words2 two =
        load_shared(reinterpret_cast<const Words2*>(stage + T::kStage.narrow) + block * 32 + lane);
    words.narrow[0] = two.word[0];
    words.narrow[1] = two.word[1];
  } else if constexpr (kNarrow == 1) {
    words.narrow[0] =
        load_shared(reinterpret_cast<const std::uint32_t*>(stage + T::kStage.narrow) + block * 32 + lane);
  }
}

/// Adds the stage's 64 columns to the warp's sums, k ascending. Half a stage (two mma steps) of fragments is
/// in registers at a time: while its mma run, nothing keeps the compiler from dequantising the other half.
template <class T>
FP6SIM_DEVICE void multiply_stage(Accumulators<T>& accumulators, WarpTerms<T>& terms, const std::byte* stage,
                                  int warp) {
  constexpr MmaInput kInput = T::kSpec.activation == Activation::kFp16 ? MmaInput::kF16 : MmaInput::kBf16;
  const int lane = static_cast<int>(lane_id());
  LaneWords<T::kSpec> words[T::kRowBlocks];
  FP6SIM_UNROLL
  for (int block = 0; block < T::kRowBlocks; ++block)
    load_words<T>(words[block], stage, warp * T::kRowBlocks + block);
  if constexpr (T::kStage.groups == 1) load_group_terms<T>(terms, stage, warp, 0);
  // ldmatrix: lanes 8i..8i+7 name the rows (tokens) of matrix i, which holds columns 8i..8i+7 of the half.
  const std::byte* tokens = stage + T::kStage.activations + (lane % 8) * kActivationPitch + (lane / 8) * 16;
  FP6SIM_UNROLL
  for (int half = 0; half < 2; ++half) {
    if constexpr (T::kStage.groups == 2) load_group_terms<T>(terms, stage, warp, half);
    std::uint32_t a[T::kRowBlocks][2][4];
    FP6SIM_UNROLL
    for (int block = 0; block < T::kRowBlocks; ++block) {
      FP6SIM_UNROLL
      for (int step = 0; step < 2; ++step) {
        dequantize_fragment<T::kSpec>(a[block][step], words[block], 2 * half + step, terms.rows[block]);
      }
    }
    FP6SIM_UNROLL
    for (int batch = 0; batch < T::kBatchBlocks; ++batch) {
      std::uint32_t b[4];
      ldmatrix<4>(b, tokens + batch * 8 * kActivationPitch + half * 64);
      FP6SIM_UNROLL
      for (int step = 0; step < 2; ++step) {
        const std::uint32_t b_step[2] = {b[2 * step], b[2 * step + 1]};
        FP6SIM_UNROLL
        for (int block = 0; block < T::kRowBlocks; ++block) {
          auto& sum = accumulators.sum[block][batch];
          mma_m16n8k16(kInput, sum, a[block][step], b_step, sum);
        }
      }
    }
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
