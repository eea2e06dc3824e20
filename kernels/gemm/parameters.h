// What a GEMM kernel is launched with.
#pragma once

#include <cstdint>

namespace fp6sim::kernels {

/// Pointers are device memory on a GPU, registered host memory on a CPU.
struct GemmParameters {
  const std::uint32_t* wide;
  const std::uint32_t* narrow;
  const std::uint16_t* scales;  ///< [groups][padded rows], FP ones times 2^shift
  const std::uint8_t*
      zeros;  ///< [groups][padded rows / 2]: row r of a block of 16 with row r + 8 in the high nibble
  const std::uint16_t* x;  ///< [n, k]
  std::uint16_t* y;        ///< [n, m]
  unsigned* counters;      ///< one a tile: CTAs that have stored their partial sums
  float* partials;         ///< [tile][split][register of 4][thread][4]
  int m, k, n;
  int row_blocks;  ///< padded rows / 16
  int k_tiles;
  int n_tiles;
  int splits;
  int vector_activations;  ///< x is 16-byte aligned and so is each of its rows
};

}  // namespace fp6sim::kernels
