// What a warp or a CTA does together: barriers, shuffles, votes, matrix loads and tensor-core steps.
//
// Lanes named by a mask must all call, from the same line; a collective whose lanes never all arrive is
// reported with the lines where they wait instead.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "emu/simt/thread.h"

namespace fp6sim::simt {

/// __syncthreads(): all threads of the CTA that have not exited.
void sync_threads(Where where = Where::current());
/// bar.sync / bar.arrive on barrier `id` (1..15; 0 is sync_threads) of `threads` threads, a multiple of 32.
void named_barrier_sync(unsigned id, unsigned threads, Where where = Where::current());
void named_barrier_arrive(unsigned id, unsigned threads, Where where = Where::current());
/// __syncwarp(): execution and memory of the lanes in `mask`.
void sync_warp(unsigned mask = kFullMask, Where where = Where::current());

namespace detail {
/// Lane `source` of this lane's segment provides the bits.
std::uint64_t shuffle_bits(unsigned mask, std::uint64_t bits, unsigned source_lane, const Where& where);
unsigned shuffle_source_up(unsigned delta, unsigned width);
unsigned shuffle_source_down(unsigned delta, unsigned width);
unsigned shuffle_source_xor(unsigned lane_mask, unsigned width);
unsigned shuffle_source_idx(unsigned source, unsigned width);

template <class T>
T shuffle(unsigned mask, T value, unsigned source_lane, const Where& where) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8, "a shuffle moves at most 64 bits");
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = shuffle_bits(mask, bits, source_lane, where);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}
}  // namespace detail

/// __shfl_*_sync. `width` is 1, 2, 4, 8, 16 or 32; out-of-segment sources return the lane's own value, as on
/// the device.
template <class T>
T shuffle_idx(unsigned mask, T value, unsigned source, unsigned width = 32, Where where = Where::current()) {
  return detail::shuffle(mask, value, detail::shuffle_source_idx(source, width), where);
}
template <class T>
T shuffle_up(unsigned mask, T value, unsigned delta, unsigned width = 32, Where where = Where::current()) {
  return detail::shuffle(mask, value, detail::shuffle_source_up(delta, width), where);
}
template <class T>
T shuffle_down(unsigned mask, T value, unsigned delta, unsigned width = 32, Where where = Where::current()) {
  return detail::shuffle(mask, value, detail::shuffle_source_down(delta, width), where);
}
template <class T>
T shuffle_xor(unsigned mask, T value, unsigned lane_mask, unsigned width = 32,
              Where where = Where::current()) {
  return detail::shuffle(mask, value, detail::shuffle_source_xor(lane_mask, width), where);
}

/// __ballot_sync and its derivatives.
unsigned ballot(unsigned mask, bool predicate, Where where = Where::current());
inline bool any(unsigned mask, bool predicate, Where where = Where::current()) {
  return ballot(mask, predicate, where) != 0;
}
inline bool all(unsigned mask, bool predicate, Where where = Where::current()) {
  return ballot(mask, predicate, where) == mask;
}

namespace detail {
void ldmatrix(std::uint32_t* registers, unsigned matrices, bool transposed, const void* row,
              const Where& where);
}  // namespace detail

/// ldmatrix.sync.aligned.m8n8.x{1,2,4}[.trans].b16: lane l gives the address of row l % 8 of matrix l / 8
/// (16-byte aligned, in shared memory; lanes from 8 * Matrices on are not read). Register i of lane l
/// receives elements 2*(l%4), 2*(l%4)+1 of row l/4 of matrix i, the lower-indexed in the low half;
/// transposed: of its column l/4.
template <unsigned Matrices>
void ldmatrix(std::uint32_t (&registers)[Matrices], const void* row, Where where = Where::current()) {
  static_assert(Matrices == 1 || Matrices == 2 || Matrices == 4, "ldmatrix loads 1, 2 or 4 matrices");
  detail::ldmatrix(registers, Matrices, false, row, where);
}
template <unsigned Matrices>
void ldmatrix_transposed(std::uint32_t (&registers)[Matrices], const void* row,
                         Where where = Where::current()) {
  static_assert(Matrices == 1 || Matrices == 2 || Matrices == 4, "ldmatrix loads 1, 2 or 4 matrices");
  detail::ldmatrix(registers, Matrices, true, row, where);
}

enum class MmaInput : std::uint8_t { kF16, kBf16 };

/// mma.sync.aligned.m16n8k16.row.col.f32.{f16,bf16}.{f16,bf16}.f32 with PTX's fragments, g = lane / 4, t =
/// lane % 4:
///   a[0] = A[g][2t..2t+1]  a[1] = A[g+8][2t..]  a[2] = A[g][2t+8..]  a[3] = A[g+8][2t+8..]
///   b[0] = B[2t..2t+1][g]  b[1] = B[2t+8..2t+9][g]
///   c,d[0..1] = C[g][2t..2t+1]  c,d[2..3] = C[g+8][2t..2t+1]
/// The result is that of the launch's architecture (emu/mma), bit for bit. `d` may be `c`.
void mma_m16n8k16(MmaInput input, float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                  const float (&c)[4], Where where = Where::current());

}  // namespace fp6sim::simt
