// Who am I: the indices a kernel's thread sees on the host, and the instruction counts it leaves behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

namespace fp6sim::simt {

/// The line of kernel source that a check names. Every primitive takes it as its last, defaulted parameter; a
/// device layer that wraps a primitive takes one too and hands it on, so that reports name the kernel and not
/// the wrapper.
using Where = std::source_location;

inline constexpr unsigned kWarpSize = 32;
inline constexpr unsigned kFullMask = 0xFFFFFFFFu;

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr std::uint64_t count() const { return std::uint64_t{x} * y * z; }
  friend constexpr bool operator==(const Dim3&, const Dim3&) = default;
};

/// Instructions of one thread that touch no memory, by the pipe that would issue them. C++ operators in the
/// kernel (index arithmetic, float additions) are not seen: a count covers what the kernel writes as a
/// primitive.
struct OpCounts {
  std::uint32_t integer = 0;  ///< lop3 prmt shf and the like
  std::uint32_t half2 = 0;    ///< packed binary16 / bfloat16 arithmetic
  std::uint32_t float32 = 0;  ///< binary32 arithmetic written as a primitive
  std::uint32_t shuffle = 0;  ///< shfl vote match
  std::uint32_t convert = 0;  ///< cvt between binary32 and the 16-bit types
  friend constexpr bool operator==(const OpCounts&, const OpCounts&) = default;
};

namespace detail {

/// What the running thread's primitives read. Outside a launch it is an idle one-thread grid whose counts go
/// nowhere, so that arithmetic primitives can be called from plain host code (unit tests of a dequantisation,
/// say).
struct ThreadState {
  Dim3 thread_idx{0, 0, 0}, block_idx{0, 0, 0}, block_dim, grid_dim;
  unsigned lane = 0, warp = 0;
  std::byte* dynamic_shared = nullptr;
  std::size_t dynamic_shared_bytes = 0;
  OpCounts counts;
};

inline constinit thread_local ThreadState idle_thread{};
inline constinit thread_local ThreadState* running_thread = nullptr;

inline ThreadState& thread() {
  return running_thread != nullptr ? *running_thread : idle_thread;
}
inline OpCounts& counts() {
  return thread().counts;
}

}  // namespace detail

inline const Dim3& thread_idx() {
  return detail::thread().thread_idx;
}
inline const Dim3& block_idx() {
  return detail::thread().block_idx;
}
inline const Dim3& block_dim() {
  return detail::thread().block_dim;
}
inline const Dim3& grid_dim() {
  return detail::thread().grid_dim;
}
/// Threads are numbered x fastest; a warp is 32 consecutive numbers.
inline unsigned lane_id() {
  return detail::thread().lane;
}
inline unsigned warp_id() {
  return detail::thread().warp;
}

/// Start of the CTA's dynamic shared memory, 1024-byte aligned, and its size as launched. Its contents start
/// uninitialised (poisoned) in every CTA.
inline std::byte* dynamic_shared() {
  return detail::thread().dynamic_shared;
}
inline std::size_t dynamic_shared_bytes() {
  return detail::thread().dynamic_shared_bytes;
}

}  // namespace fp6sim::simt
