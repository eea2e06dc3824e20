// Y[n,m] = X[n,k] W[m,k]^T with both operands 16 bits wide: what follows dequantising to memory where there
// is no cuBLAS. k ascending in steps of 16, one final rounding: the bits of a kernel that does not split K.
#pragma once

#include "kernels/dense/dense.h"
#include "kernels/device/device.cuh"
#include "kernels/variant.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// Byte of 16-byte chunk `chunk` (0..3) of row `row` in a stage. Rows of 64 bytes, two to a line of banks;
/// the chunk is moved by the line's number, so that eight rows of an ldmatrix, or eight lanes of a copy, meet
/// eight different groups of banks:
///
///     line 0   row 0: 0 1 2 3   row 1: 0 1 2 3
///     line 1   row 2: 1 0 3 2   row 3: 1 0 3 2
///     line 2   row 4: 2 3 0 1   row 5: 2 3 0 1      and so on, every eight rows again
FP6SIM_DEVICE int dense_byte(int row, int chunk) {
  return row * 64 + (chunk ^ (row / 2 % 4)) * 16;
}

/// Starts copying k tile `k_tile`: thread t moves chunk t % 4 of rows t / 4, t / 4 + 64, ... What lies
/// outside the matrices becomes zero.
FP6SIM_DEVICE void copy_dense_stage(std::byte* stage, const DenseParameters& p, int first_row,
                                    int first_token, int k_tile) {
  const int thread = static_cast<int>(thread_idx().x);
  const int chunk = thread % 4;
  const int column = k_tile * kDenseTileK + chunk * 8;
  FP6SIM_UNROLL
  for (int half = 0; half < kDenseTileM / 64; ++half) {
    const int row = thread / 4 + 64 * half;
    const bool in = first_row + row < p.m && column < p.leading;
    const std::uint16_t* from = p.w + static_cast<long long>(first_row + row) * p.leading + column;
    cp_async<16>(stage + dense_byte(row, chunk), from, in ? 16 : 0);
  }
  std::byte* const tokens = stage + kDenseTileM * 64;
  if (p.vector_activations != 0) {
    FP6SIM_UNROLL
    for (int half = 0; half < kDenseTileN / 64; ++half) {
      const int row = thread / 4 + 64 * half;
      const bool in = first_token + row < p.n && column < p.k;  // k is a multiple of 8 here
      const std::uint16_t* from = p.x + static_cast<long long>(first_token + row) * p.k + column;
      cp_async<16>(tokens + dense_byte(row, chunk), from, in ? 16 : 0);
    }
    return;
  }
  FP6SIM_NO_UNROLL
  for (int element = thread; element < kDenseTileN * kDenseTileK; element += kDenseThreads) {
    const int row = element / kDenseTileK, in_row = element % kDenseTileK;
    const int token = first_token + row, at = k_tile * kDenseTileK + in_row;
    std::uint16_t value = 0;
    if (token < p.n && at < p.k) value = load_global(p.x + static_cast<long long>(token) * p.k + at);
    store_shared(reinterpret_cast<std::uint16_t*>(tokens + dense_byte(row, in_row / 8)) + in_row % 8, value);
  }
}

/// A warp's sums: four blocks of 16 rows x four of 8 tokens.
struct DenseSums {
  float at[4][4][4];
};

template <Activation Type>
FP6SIM_DEVICE void multiply_dense_stage(DenseSums& sums, const std::byte* stage, int warp_row,
                                        int warp_token) {
  constexpr MmaInput kInput = Type == Activation::kFp16 ? MmaInput::kF16 : MmaInput::kBf16;
  const int lane = static_cast<int>(lane_id());
  const std::byte* const tokens = stage + kDenseTileM * 64;
  FP6SIM_UNROLL
  for (int step = 0; step < kDenseTileK / 16; ++step) {
    std::uint32_t a[4][4], b[2][4];
    FP6SIM_UNROLL
    for (int block = 0; block < 4; ++block) {
      ldmatrix<4>(a[block], stage + dense_byte(warp_row + 16 * block + lane % 16, 2 * step + lane / 16));
    }
    FP6SIM_UNROLL
    for (int pair = 0; pair < 2; ++pair) {
      const int token = warp_token + 16 * pair + lane / 16 * 8 + lane % 8;
      ldmatrix<4>(b[pair], tokens + dense_byte(token, 2 * step + lane / 8 % 2));
    }
    FP6SIM_UNROLL
    for (int eight = 0; eight < 4; ++eight) {
      const std::uint32_t operand[2] = {b[eight / 2][2 * (eight % 2)], b[eight / 2][2 * (eight % 2) + 1]};
      FP6SIM_UNROLL
      for (int block = 0; block < 4; ++block) {
        mma_m16n8k16(kInput, sums.at[block][eight], a[block], operand, sums.at[block][eight]);
      }
    }
  }
}

template <Activation Type>
FP6SIM_DEVICE void store_dense(const DenseSums& sums, const DenseParameters& p, int first_row,
                               int first_token) {
  const int lane = static_cast<int>(lane_id());
  FP6SIM_UNROLL
  for (int eight = 0; eight < 4; ++eight) {
    FP6SIM_UNROLL
    for (int odd = 0; odd < 2; ++odd) {
      const int token = first_token + 8 * eight + 2 * (lane % 4) + odd;
      std::uint16_t* const out = p.y + static_cast<long long>(token) * p.m;
      FP6SIM_UNROLL
      for (int half = 0; half < 8; ++half) {
        const int row = first_row + 8 * half + lane / 4;
        if (token >= p.n || row >= p.m) continue;
        const float sum = sums.at[half / 2][eight][2 * (half % 2) + odd];
        store_global(out + row, Type == Activation::kFp16 ? to_half(sum) : to_bfloat16(sum));
      }
    }
  }
}

template <Activation Type>
FP6SIM_KERNEL(kDenseThreads, 2)
dense_gemm(const DenseParameters p) {
  std::byte* const stages = dynamic_shared();
  const int warp = static_cast<int>(warp_id());
  // Token tiles fastest: CTAs that run together share their weights in L2.
  const int first_row = static_cast<int>(block_idx().x) / p.n_tiles * kDenseTileM;
  const int first_token = static_cast<int>(block_idx().x) % p.n_tiles * kDenseTileN;
  const int k_tiles = (p.k + kDenseTileK - 1) / kDenseTileK;
  const int warp_row = warp / 4 * 64, warp_token = warp % 4 * 32;
  DenseSums sums{};
  FP6SIM_NO_UNROLL
  for (int ahead = 0; ahead < kDenseStages - 1; ++ahead) {
    if (ahead < k_tiles)
      copy_dense_stage(stages + ahead * kDenseStageBytes, p, first_row, first_token, ahead);
    cp_async_commit();
  }
  FP6SIM_NO_UNROLL
  for (int k_tile = 0; k_tile < k_tiles; ++k_tile) {
    cp_async_wait<kDenseStages - 2>();
    sync_threads();  // this stage has landed for every thread, and the one before it is no longer read
    const int ahead = k_tile + kDenseStages - 1;
    if (ahead < k_tiles) {
      copy_dense_stage(stages + ahead % kDenseStages * kDenseStageBytes, p, first_row, first_token, ahead);
    }
    cp_async_commit();
    multiply_dense_stage<Type>(sums, stages + k_tile % kDenseStages * kDenseStageBytes, warp_row, warp_token);
  }
  store_dense<Type>(sums, p, first_row + warp_row, first_token + warp_token);
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
