// Sizes and parameters of the dense GEMM, for kernel and chooser alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fp6sim::kernels {

inline constexpr int kDenseTileM = 128;
inline constexpr int kDenseTileN = 128;
inline constexpr int kDenseTileK = 32;
inline constexpr int kDenseStages = 4;
inline constexpr int kDenseThreads = 256;  ///< eight warps, each 64 rows x 32 tokens

/// A stage: the weights' rows, then the tokens', 64 bytes each.
inline constexpr std::size_t kDenseStageBytes = (kDenseTileM + kDenseTileN) * 2 * kDenseTileK;
inline constexpr std::size_t kDenseSharedBytes = kDenseStages * kDenseStageBytes;
static_assert(kDenseSharedBytes == 64 * 1024, "two CTAs on an SM of every GPU that has 132 KB or more");

struct DenseParameters {
  const std::uint16_t* w;  ///< [m, leading], 16-byte aligned; columns k..leading-1 are zero
  const std::uint16_t* x;  ///< [n, k]
  std::uint16_t* y;        ///< [n, m]
  int m, k, n;
  int leading;             ///< a multiple of 8
  int n_tiles;             ///< of kDenseTileN tokens
  int vector_activations;  ///< x is 16-byte aligned and so is each of its rows
};

}  // namespace fp6sim::kernels
