// The thin layer kernels are written on: the same names are PTX under nvcc and emu/simt under a host
// compiler. The only folder where the two may be told apart.
//
//   FP6SIM_DEVICE            marks a function of the kernel
//   FP6SIM_KERNEL(t, b)      marks a kernel of t threads a CTA, at least b CTAs on an SM
//   FP6SIM_UNROLL            before a loop whose bounds are constants: registers need constant indices
//   FP6SIM_NO_UNROLL         before a loop that should stay one: code size, or a bound known only at run time
//   FP6SIM_BUILD             an inline namespace, so that both builds of a kernel can live in one program
#pragma once

#if defined(__CUDACC__)
#define FP6SIM_DEVICE __device__ __forceinline__
#define FP6SIM_KERNEL(threads, blocks) __global__ void __launch_bounds__(threads, blocks)
#define FP6SIM_UNROLL _Pragma("unroll")
#define FP6SIM_NO_UNROLL _Pragma("unroll 1")
#define FP6SIM_BUILD device_build
#include "kernels/device/ptx_arithmetic.cuh"
#include "kernels/device/ptx_async.cuh"
#include "kernels/device/ptx_collective.cuh"
#include "kernels/device/ptx_memory.cuh"
#include "kernels/device/ptx_warpgroup.cuh"
#else
#define FP6SIM_DEVICE inline
#define FP6SIM_KERNEL(threads, blocks) inline void
#define FP6SIM_UNROLL
#define FP6SIM_NO_UNROLL
#if !defined(FP6SIM_BUILD)  // tests build altered kernels beside the real ones, under names of their own
#define FP6SIM_BUILD host_build
#endif
#include "kernels/device/host.cuh"
#endif
