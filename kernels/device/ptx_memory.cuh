// Indices, loads, stores and atomics. Contracts: emu/simt/memory.h, emu/simt/thread.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fp6sim::kernels::inline FP6SIM_BUILD {

FP6SIM_DEVICE uint3 thread_idx() {
  return threadIdx;
}
FP6SIM_DEVICE uint3 block_idx() {
  return blockIdx;
}
FP6SIM_DEVICE dim3 grid_dim() {
  return gridDim;
}
FP6SIM_DEVICE unsigned lane_id() {
  return threadIdx.x % 32;
}
/// Broadcast from lane 0: the compiler then knows that the warp's branches on it are uniform.
FP6SIM_DEVICE unsigned warp_id() {
  return __shfl_sync(0xFFFFFFFFu, threadIdx.x / 32, 0);
}

FP6SIM_DEVICE std::byte* dynamic_shared() {
  extern __shared__ __align__(1024) std::byte shared_memory[];
  return shared_memory;
}

/// Past L1, which is not coherent with what other CTAs of the launch write (partial sums of a split K).
template <class T>
FP6SIM_DEVICE T load_global(const T* from) {
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 16,
                "a load of one instruction");
  T value;
  if constexpr (sizeof(T) == 1) {
    unsigned bits;
    asm volatile("ld.global.cg.u8 %0, [%1];" : "=r"(bits) : "l"(from) : "memory");
    const auto narrow = static_cast<unsigned char>(bits);
    __builtin_memcpy(&value, &narrow, 1);
  } else if constexpr (sizeof(T) == 2) {
    unsigned short bits;
    asm volatile("ld.global.cg.u16 %0, [%1];" : "=h"(bits) : "l"(from) : "memory");
    __builtin_memcpy(&value, &bits, 2);
  } else if constexpr (sizeof(T) == 4) {
    unsigned bits;
    asm volatile("ld.global.cg.u32 %0, [%1];" : "=r"(bits) : "l"(from) : "memory");
    __builtin_memcpy(&value, &bits, 4);
  } else if constexpr (sizeof(T) == 8) {
    uint2 bits;
    asm volatile("ld.global.cg.v2.u32 {%0, %1}, [%2];" : "=r"(bits.x), "=r"(bits.y) : "l"(from) : "memory");
    __builtin_memcpy(&value, &bits, 8);
  } else {
    uint4 bits;
    asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(bits.x), "=r"(bits.y), "=r"(bits.z), "=r"(bits.w)
                 : "l"(from)
                 : "memory");
    __builtin_memcpy(&value, &bits, 16);
  }
  return value;
}
template <class T>
FP6SIM_DEVICE void store_global(T* to, T value) {
  *to = value;
}
template <class T>
FP6SIM_DEVICE T load_shared(const T* from) {
  return *from;
}
template <class T>
FP6SIM_DEVICE void store_shared(T* to, T value) {
  *to = value;
}
template <class T>
FP6SIM_DEVICE T atomic_add(T* at, T value) {
  return atomicAdd(at, value);
}
FP6SIM_DEVICE void thread_fence() {
  __threadfence();
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
