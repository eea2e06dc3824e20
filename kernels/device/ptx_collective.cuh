// Barriers, matrix loads and tensor-core steps. Contracts: emu/simt/collective.h.
#pragma once

#include <cstdint>

#include "kernels/device/ptx_async.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

inline constexpr unsigned kFullMask = 0xFFFFFFFFu;
enum class MmaInput : std::uint8_t { kF16, kBf16 };

FP6SIM_DEVICE void sync_threads() {
  __syncthreads();
}
/// bar.sync of the first Threads threads that call it.
template <unsigned Barrier, unsigned Threads>
FP6SIM_DEVICE void sync_warps() {
  asm volatile("bar.sync %0, %1;" : : "n"(Barrier), "n"(Threads) : "memory");
}
FP6SIM_DEVICE void sync_warp() {
  __syncwarp();
}

template <unsigned Matrices>
FP6SIM_DEVICE void ldmatrix(std::uint32_t (&registers)[Matrices], const void* row) {
  static_assert(Matrices == 4, "kernels load four matrices at a time");
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"(shared_address(row))
               : "memory");
}

FP6SIM_DEVICE void mma_m16n8k16(MmaInput input, float (&d)[4], const std::uint32_t (&a)[4],
                                const std::uint32_t (&b)[2], const float (&c)[4]) {
  if (input == MmaInput::kF16) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%10,%11,%12,%13};"
        : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]), "f"(c[2]),
          "f"(c[3]));
  } else {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%10,%11,%12,%13};"
        : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]), "f"(c[2]),
          "f"(c[3]));
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
