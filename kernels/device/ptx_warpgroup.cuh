// Hopper's asynchronous tensor-core steps. Contracts: emu/simt/warpgroup.h. All need sm_90a.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/device/ptx_collective.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

FP6SIM_DEVICE void fence_proxy_async() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

template <unsigned Registers>
FP6SIM_DEVICE void raise_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" : : "n"(Registers));
}
template <unsigned Registers>
FP6SIM_DEVICE void lower_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" : : "n"(Registers));
}

/// No instruction: the compiler may not move what writes or reads these registers across it.
FP6SIM_DEVICE void pin(float& value) {
  asm volatile("" : "+f"(value)::"memory");
}
FP6SIM_DEVICE void pin(std::uint32_t& value) {
  asm volatile("" : "+r"(value)::"memory");
}
template <class T, std::size_t Count>
FP6SIM_DEVICE void pin(T (&values)[Count]) {
  FP6SIM_UNROLL
  for (T& value : values) pin(value);
}

template <class Array>
FP6SIM_DEVICE void wgmma_fence(Array& registers) {
  pin(registers);
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
FP6SIM_DEVICE void wgmma_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/// `registers`: what the groups that have then completed read or wrote.
template <unsigned Pending, class Array>
FP6SIM_DEVICE void wgmma_wait(Array& registers) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" : : "n"(Pending) : "memory");
  pin(registers);
}

// Operands of an asm statement, eight tokens at a time, and the list of their numbers.
#define FP6SIM_SUMS8(i) "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])
#define FP6SIM_SUMS32(i) FP6SIM_SUMS8(i), FP6SIM_SUMS8(i + 1), FP6SIM_SUMS8(i + 2), FP6SIM_SUMS8(i + 3)
#define FP6SIM_SUMS64 FP6SIM_SUMS32(0), FP6SIM_SUMS32(4)
#define FP6SIM_SUMS128 FP6SIM_SUMS64, FP6SIM_SUMS32(8), FP6SIM_SUMS32(12)
#define FP6SIM_NUMBERS64                                                                                   \
  "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27," \
  "%28,%29,%30,%31"
#define FP6SIM_NUMBERS128                                                                                   \
  FP6SIM_NUMBERS64                                                                                          \
  ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%5" \
  "7,%58,%59,%60,%61,%62,%63"
// scale-d, scale-a, scale-b: 1; B is K-major.
#define FP6SIM_WGMMA(tokens, type, a0, a1, a2, a3, b)                                             \
  asm volatile("wgmma.mma_async.sync.aligned.m64n" #tokens "k16.f32." type "." type               \
               " {" FP6SIM_NUMBERS##tokens "}, {" a0 "," a1 "," a2 "," a3 "}, " b ", 1, 1, 1, 0;" \
               : FP6SIM_SUMS##tokens                                                              \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(descriptor)                      \
               : "memory")

/// d += A * B for 8 * Blocks tokens.
template <std::size_t Blocks>
FP6SIM_DEVICE void wgmma(MmaInput input, float (&d)[Blocks][4], const std::uint32_t (&a)[4],
                         std::uint64_t descriptor) {
  static_assert(Blocks == 8 || Blocks == 16, "64 or 128 tokens");
  if constexpr (Blocks == 8) {
    if (input == MmaInput::kF16) {
      FP6SIM_WGMMA(64, "f16", "%32", "%33", "%34", "%35", "%36");
    } else {
      FP6SIM_WGMMA(64, "bf16", "%32", "%33", "%34", "%35", "%36");
    }
  } else {
    if (input == MmaInput::kF16) {
      FP6SIM_WGMMA(128, "f16", "%64", "%65", "%66", "%67", "%68");
    } else {
      FP6SIM_WGMMA(128, "bf16", "%64", "%65", "%66", "%67", "%68");
    }
  }
}

#undef FP6SIM_SUMS8
#undef FP6SIM_SUMS32
#undef FP6SIM_SUMS64
#undef FP6SIM_SUMS128
#undef FP6SIM_NUMBERS64
#undef FP6SIM_NUMBERS128
#undef FP6SIM_WGMMA

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
