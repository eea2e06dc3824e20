// A GEMM whose every output bit is what a kernel with a known order of summation yields on a named GPU.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "emu/mma/mma.h"

namespace fp6sim::emu {

/// The order in which a kernel sums: everything its output depends on besides the operands.
///
/// A split's chain starts at +0 and takes k ascending, one fused step after the other (mma_chain()); K is
/// padded with +0 weights and activations to whole tiles. Of T k-tiles, split i of S takes floor(i*T/S) ..
/// floor((i+1)*T/S) - 1. The splits' partial sums are added in binary32, round to nearest even, i ascending;
/// then comes one rounding (RNE) to the output type. NaN is always canonical (0x7FFFFFFF; 0x7FFF in 16 bits).
struct GemmSchedule {
  Architecture architecture = Architecture::kAmpere;
  TileInput input = TileInput::kBinary16;  ///< type of weights (as multiplied) and activations
  Accumulate accumulate = Accumulate::kF32;
  int tile_k = 64;  ///< k extent of a tile: a positive multiple of 16, at most 65536
  int split_k = 1;  ///< 1 .. 65536; splits beyond the number of tiles are empty and add +0
  /// Type in which partial sums are stored and added: binary32, or binary16 for kernels that reduce through
  /// the output buffer (Marlin): every partial sum and every addition is then rounded to binary16 (RNE).
  Accumulate reduction = Accumulate::kF32;
  /// For kernels that cut K elsewhere (stream-K): the first tile of each split, ascending, the first one 0.
  /// Where not empty it replaces the rule above, and split_k must be its length.
  std::vector<std::int64_t> split_tiles{};
  /// For kernels that feed k in another order: position p of a tile's chain takes the tile's k number
  /// k_order[p], a permutation of 0 .. tile_k - 1. Empty: ascending.
  std::vector<int> k_order{};
  MmaOptions options{};
};

/// M output features, K input features, N tokens (the batch); each 1 .. 2^31 - 1.
struct GemmShape {
  std::int64_t m, k, n;
};

/// Writes the weights of rows first .. first + count - 1, K codes a row, to `codes`: what a kernel that
/// dequantises on the fly multiplies. Called once for each row, from several threads at a time.
using WeightRows = std::function<void(std::int64_t first, std::int64_t count, std::uint16_t* codes)>;

/// Y[N,M] = X[N,K] * W[M,K]^T, all row-major, codes of schedule.input, Y in binary32 before the output
/// rounding. Exact on every input; ordinary binary32-accumulating ones are vectorised, others go through
/// fused_step(). Independent of the thread count (emu/parallel.h) and of the instruction set.
/// Throws fp6sim::Error where a size does not match the shape or the schedule is out of range.
void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, std::span<const std::uint16_t> w,
                std::span<const std::uint16_t> x, std::span<float> y);
void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, const WeightRows& w,
                std::span<const std::uint16_t> x, std::span<float> y);

/// The same, rounded to schedule.input: what the kernel stores.
void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, std::span<const std::uint16_t> w,
                std::span<const std::uint16_t> x, std::span<std::uint16_t> y);
void exact_gemm(const GemmSchedule& schedule, const GemmShape& shape, const WeightRows& w,
                std::span<const std::uint16_t> x, std::span<std::uint16_t> y);

}  // namespace fp6sim::emu
