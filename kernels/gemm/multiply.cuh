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
    terms.rows[block][0] = row_terms<T::kSpec, T::kGeneration>(load_global(p.scales + row + g), zeros & 15);
    terms.rows[block][1] = row_terms<T::kSpec, T::kGeneration>(load_global(p.scales + row + g + 8), zeros >> 4);
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
    terms.rows[block][0] = row_terms<T::kSpec, T::kGeneration>(load_shared(scales + row + g), zeros & 15);
    terms.rows[block][1] = row_terms<T::kSpec, T::kGeneration>(load_shared(scales + row + g + 8), zeros >> 4);
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

/// The same for two of the four steps: half the registers, for tiles whose accumulators fill most of them.
/// Eight-byte loads of words 16 bytes apart conflict in pairs of lanes, which these tiles do not notice
/// beside their activations.
template <class T>
FP6SIM_DEVICE void load_half_words(LaneWords<T::kSpec>& words, const std::byte* stage, int block, int half) {
  constexpr int kWide = LaneWords<T::kSpec>::kWide;
  constexpr int kNarrow = LaneWords<T::kSpec>::kNarrow;
  const int lane = static_cast<int>(lane_id());
  if constexpr (kWide == 8) {
    const Words4 four = load_shared(reinterpret_cast<const Words4*>(stage) + block * 64 + 32 * half + lane);
    FP6SIM_UNROLL
    for (int i = 0; i < 4; ++i) words.wide[4 * half + i] = four.word[i];
  } else {
    const Words2 two = load_shared(reinterpret_cast<const Words2*>(stage) + (block * 32 + lane) * 2 + half);
    words.wide[2 * half] = two.word[0];
    words.wide[2 * half + 1] = two.word[1];
  }
  const auto* narrow =
      reinterpret_cast<const std::uint32_t*>(stage + T::kStage.narrow) + (block * 32 + lane) * kNarrow;
  if constexpr (kNarrow == 2) words.narrow[half] = load_shared(narrow + half);
  if constexpr (kNarrow == 1) words.narrow[0] = load_shared(narrow);
}

/// The B fragments of one step for two blocks of 8 tokens (where the tile has but one, of two steps for it),
/// by one ldmatrix: lanes 8i..8i+7 name the rows of matrix i, eight tokens' columns 0..7 (i even) or 8..15 of
/// the step.
template <class T>
FP6SIM_DEVICE void load_tokens(std::uint32_t (&b)[4], const std::byte* stage, int step, int pair) {
  const int lane = static_cast<int>(lane_id());
  const std::byte* tokens = stage + T::kStage.activations + lane % 8 * kActivationPitch + lane / 8 % 2 * 16;
  if constexpr (T::kBatchBlocks == 1) {
    ldmatrix<4>(b, tokens + (step + lane / 16) * 32);
  } else {
    ldmatrix<4>(b, tokens + (2 * pair + lane / 16) * (8 * kActivationPitch) + step * 32);
  }
}

/// Adds the stage's 64 columns to the warp's sums, k ascending. A step's fragments are dequantised while the
/// mma of the step before still run: nothing orders them but the registers.
template <class T>
FP6SIM_DEVICE void multiply_stage(Accumulators<T>& accumulators, WarpTerms<T>& terms, const std::byte* stage,
                                  int warp) {
  constexpr MmaInput kInput = T::kSpec.activation == Activation::kFp16 ? MmaInput::kF16 : MmaInput::kBf16;
  constexpr int kPairs = T::kBatchBlocks == 1 ? 1 : T::kBatchBlocks / 2;
  constexpr bool kWideTile = T::kBatchBlocks > 8;
  LaneWords<T::kSpec> words[T::kRowBlocks];
  if constexpr (!kWideTile) {
    FP6SIM_UNROLL
    for (int block = 0; block < T::kRowBlocks; ++block) {
      load_words<T>(words[block], stage, warp * T::kRowBlocks + block);
    }
  }
  if constexpr (T::kStage.groups == 1) load_group_terms<T>(terms, stage, warp, 0);
  std::uint32_t b[4];
  FP6SIM_UNROLL
  for (int step = 0; step < 4; ++step) {
    if (T::kStage.groups == 2 && step % 2 == 0) load_group_terms<T>(terms, stage, warp, step / 2);
    if (kWideTile) sync_warp();  // keeps the compiler from loading tokens so far ahead that registers run out
    std::uint32_t a[T::kRowBlocks][4];
    FP6SIM_UNROLL
    for (int block = 0; block < T::kRowBlocks; ++block) {
      if (kWideTile && step % 2 == 0) {
        load_half_words<T>(words[block], stage, warp * T::kRowBlocks + block, step / 2);
      }
      dequantize_fragment<T::kSpec, T::kGeneration>(a[block], words[block], step, terms.rows[block]);
    }
    FP6SIM_UNROLL
    for (int pair = 0; pair < kPairs; ++pair) {
      if (T::kBatchBlocks > 1 || step % 2 == 0) load_tokens<T>(b, stage, step, pair);
      FP6SIM_UNROLL
      for (int one = 0; one < (T::kBatchBlocks == 1 ? 1 : 2); ++one) {
        const int half = T::kBatchBlocks == 1 ? step % 2 : one;
        const std::uint32_t tokens[2] = {b[2 * half], b[2 * half + 1]};
        FP6SIM_UNROLL
        for (int block = 0; block < T::kRowBlocks; ++block) {
          auto& sum = accumulators.sum[block][2 * pair + one];
          mma_m16n8k16(kInput, sum, a[block], tokens, sum);
        }
      }
    }
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
