// Register arithmetic as single PTX instructions. Contracts: emu/simt/arithmetic.h.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstddef>
#include <cstdint>

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// One instruction for any function of three words.
template <unsigned Lut>
FP6SIM_DEVICE std::uint32_t lop3(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  std::uint32_t d;
  asm("lop3.b32 %0, %1, %2, %3, %4;" : "=r"(d) : "r"(a), "r"(b), "r"(c), "n"(Lut));
  return d;
}
FP6SIM_DEVICE std::uint32_t prmt(std::uint32_t a, std::uint32_t b, std::uint32_t selector) {
  std::uint32_t d;
  asm("prmt.b32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(selector));
  return d;
}
/// C++ rather than asm: the compiler then picks SHF or, where the integer pipe is full, IMAD.
FP6SIM_DEVICE std::uint32_t rotate_right(std::uint32_t a, unsigned amount) {
  return __funnelshift_r(a, a, amount);
}
FP6SIM_DEVICE std::uint32_t shift_left(std::uint32_t a, unsigned amount) {
  return a << amount;
}
FP6SIM_DEVICE std::uint32_t shift_right(std::uint32_t a, unsigned amount) {
  return a >> amount;
}

/// .rn keeps the compiler from fusing them: a fused multiply-add would round once where the contract rounds
/// twice.
FP6SIM_DEVICE std::uint32_t hmul2(std::uint32_t a, std::uint32_t b) {
  std::uint32_t d;
  asm("mul.rn.f16x2 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b));
  return d;
}
FP6SIM_DEVICE std::uint32_t hsub2(std::uint32_t a, std::uint32_t b) {
  std::uint32_t d;
  asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b));
  return d;
}
FP6SIM_DEVICE std::uint32_t hfma2(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  std::uint32_t d;
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
  return d;
}
FP6SIM_DEVICE std::uint32_t hfma2_bf16(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  std::uint32_t d;
  asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
  return d;
}
/// sm_80 has no bf16 mul or sub: the fused forms with -0 and with -1 round the same.
FP6SIM_DEVICE std::uint32_t hmul2_bf16(std::uint32_t a, std::uint32_t b) {
  return hfma2_bf16(a, b, 0x80008000u);
}
FP6SIM_DEVICE std::uint32_t hsub2_bf16(std::uint32_t a, std::uint32_t b) {
  return hfma2_bf16(b, 0xBF80BF80u, a);
}

FP6SIM_DEVICE std::uint32_t pack_half2(float low, float high) {
  std::uint32_t d;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(d) : "f"(high), "f"(low));
  return d;
}
FP6SIM_DEVICE std::uint32_t pack_bfloat162(float low, float high) {
  std::uint32_t d;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(d) : "f"(high), "f"(low));
  return d;
}
/// Bytes 0, 1 (Upper: 2, 3) of `bytes`; sm_89 and later. Named halves let ptxas select without a shift.
template <bool Upper>
FP6SIM_DEVICE std::uint32_t half2_from_e4m3x2(std::uint32_t bytes) {
  std::uint32_t d;
  if constexpr (Upper) {
    asm("{\n.reg .b16 low, high;\nmov.b32 {low, high}, %1;\ncvt.rn.f16x2.e4m3x2 %0, high;\n}"
        : "=r"(d)
        : "r"(bytes));
  } else {
    asm("{\n.reg .b16 low, high;\nmov.b32 {low, high}, %1;\ncvt.rn.f16x2.e4m3x2 %0, low;\n}"
        : "=r"(d)
        : "r"(bytes));
  }
  return d;
}
FP6SIM_DEVICE std::uint16_t to_half(float value) {
  return __half_as_ushort(__float2half_rn(value));
}
FP6SIM_DEVICE std::uint16_t to_bfloat16(float value) {
  return __bfloat16_as_ushort(__float2bfloat16_rn(value));
}
FP6SIM_DEVICE float from_bfloat16(std::uint16_t bits) {
  return __uint_as_float(std::uint32_t{bits} << 16);
}

FP6SIM_DEVICE float as_float(std::uint32_t bits) {
  return __uint_as_float(bits);
}
FP6SIM_DEVICE float fadd(float a, float b) {
  return __fadd_rn(a, b);
}
FP6SIM_DEVICE float fmul(float a, float b) {
  return __fmul_rn(a, b);
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
