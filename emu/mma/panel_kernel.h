// The vectorised heart of the exact GEMM: many outputs advance together, one fused step at a time. Internal
// to emu.
//
// A lane is one output. For each step of n products the kernel
//   1. finds E, the largest exponent, with 8-bit adds and maxima over the operands' exponents,
//   2. counts every product in units of the grid, w * 2^(F-E) * x: exact in binary32, because two 11-bit
//   significands
//      fill 22 bits; a truncating conversion cuts it,
//   3. sums int32, cuts the sum to 24 bits toward zero and scales it back.
// Exact while operands and C are in the bounds of PanelFormat and the sum stays below 2^31 (only Hopper's 16
// products of almost 4 can exceed it). Whatever else turns up is reported, and the caller takes the scalar
// reference for those lanes.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "emu/mma/mma.h"

namespace fp6sim::emu {

/// How operands become lanes, and the bounds within which the kernel is exact. Every finite binary16 operand
/// is inside; bfloat16 ones are where their exponents are in kLowest .. kHighestLane or kHighestBroadcast, or
/// where they are zero. The numbers hang together (F is 23 .. 25, x the broadcast side, w the lanes):
///   - E of a nonzero product is at least -28 (binary16) or 2 * kLowest, so a D made of products is at least
///   2^(E-25),
///     which is 2^smallest_top() or more: C never falls below it on the way, and E may be cut off there;
///   - a zero operand counts with kBelowAll, below smallest_top() whatever the other operand, as -126 would
///   be;
///   - w * 2^(F - smallest_top()) stays below 2^128, so that a zero x gives 0;
///   - beyond 2^100 C is so large that 128 k of products cannot bring it back: looking at C and D alone
///   suffices.
struct PanelFormat {
  bool bfloat16 = false;
  /// Exponent of a zero operand: kBelowAll, or binary16's own minimum under ZeroExponent::kFormat.
  std::int8_t zero_exponent = kBelowAll;

  static constexpr std::int8_t kBelowAll = -119;
  static constexpr int kLowest = -32, kHighestLane = 12, kHighestBroadcast = 20;

  constexpr int smallest_top() const { return bfloat16 ? 2 * kLowest - 25 : -73; }
  /// Whether a lane's C, or the D the kernel left, may be trusted.
  bool c_inside(float c) const {
    return c == 0 || (std::abs(c) >= std::ldexp(1.0f, smallest_top()) && d_inside(c));
  }
  bool d_inside(float d) const { return std::abs(d) < 0x1p100f; }
};

/// Operands of the side that is broadcast over lanes (activations in the GEMM): rows of contiguous k.
struct BroadcastRows {
  const float* values;
  const std::int32_t* exponents;  ///< the exponent, four times in a word
  std::size_t stride;             ///< from one row to the next, in elements of both arrays
  std::size_t count;
};

inline constexpr std::size_t kNarrowPanelRows = 8;  // as many as a warp's tile has columns
inline constexpr std::size_t kMostPanelRows = 64;

/// One implementation for one instruction set. All pointers are aligned to 64 bytes except `codes`; k counts
/// are multiples of 8; rows are the lanes of a panel.
struct PanelKernel {
  std::size_t rows;  ///< lanes of a panel: 16, 32 or 64

  /// codes[rows][k] (row stride in elements) -> values[k][rows], exponents[k][rows]; unfit[row] becomes
  /// nonzero where the row holds an operand outside the kernel's domain. Returns whether any did. A narrow
  /// panel has kNarrowPanelRows rows.
  bool (*pack)(bool narrow, const PanelFormat& format, const std::uint16_t* codes, std::size_t stride,
               std::size_t k, float* values, std::int8_t* exponents, std::uint8_t* unfit);

  /// codes[k] -> values[k], exponents[k]. Returns whether any operand is outside the kernel's domain.
  bool (*spread)(const PanelFormat& format, const std::uint16_t* codes, std::size_t k, float* values,
                 std::int32_t* exponents);

  /// Advances state[broadcast.count][rows] (C in, D out) over k products in steps of `step` (4, 8 or 16) on a
  /// grid of F = grid_bits. Returns false where a lane left the domain: the results of exactly those lanes
  /// whose C or D is outside its domain above are then wrong (a sum past 2^31 leaves NaN there).
  bool (*run)(bool narrow, const PanelFormat& format, int step, int grid_bits, const float* values,
              const std::int8_t* exponents, const BroadcastRows& broadcast, std::size_t k, float* state);
};

/// The kernel for the instruction set in use (emu/simd/target.h), or null where that has no vectors.
const PanelKernel* panel_kernel();

}  // namespace fp6sim::emu
