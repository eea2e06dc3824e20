// Host side of the device layer: emu/simt's primitives under their own names.
#pragma once

#include <bit>

#include "emu/simt/device.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

using simt::atomic_add;
using simt::block_idx;
using simt::bulk_copy_to_shared;
using simt::cp_async;
using simt::cp_async_commit;
using simt::dynamic_shared;
using simt::fadd;
using simt::fence_mbarrier_init;
using simt::fence_proxy_async;
using simt::fmul;
using simt::from_bfloat16;
using simt::grid_dim;
using simt::hfma2;
using simt::hfma2_bf16;
using simt::hmul2;
using simt::hmul2_bf16;
using simt::hsub2;
using simt::hsub2_bf16;
using simt::kFullMask;
using simt::lane_id;
using simt::ldmatrix;
using simt::load_global;
using simt::load_shared;
using simt::lop3;
using simt::Mbarrier;
using simt::mbarrier_arrive;
using simt::mbarrier_arrive_expect_tx;
using simt::mbarrier_init;
using simt::mbarrier_wait;
using simt::mma_m16n8k16;
using simt::MmaInput;
using simt::pack_bfloat162;
using simt::pack_half2;
using simt::prmt;
using simt::rotate_right;
using simt::shared_address;
using simt::shift_left;
using simt::shift_right;
using simt::store_global;
using simt::store_shared;
using simt::sync_threads;
using simt::sync_warp;
using simt::thread_fence;
using simt::thread_idx;
using simt::to_bfloat16;
using simt::to_half;
using simt::warp_id;
using simt::wgmma;
using simt::wgmma_commit;
using simt::wgmma_fence;

/// Until at most Pending of this thread's groups are in flight: an immediate of the instruction.
template <unsigned Pending>
void cp_async_wait(simt::Where where = simt::Where::current()) {
  simt::cp_async_wait_group(Pending, where);
}

/// Bytes 0, 1 (Upper: 2, 3) of `bytes`.
template <bool Upper>
std::uint32_t half2_from_e4m3x2(std::uint32_t bytes) {
  return simt::half2_from_e4m3x2(static_cast<std::uint16_t>(Upper ? bytes >> 16 : bytes));
}

/// bar.sync of the first Threads threads that call it.
template <unsigned Barrier, unsigned Threads>
void sync_warps(simt::Where where = simt::Where::current()) {
  simt::named_barrier_sync(Barrier, Threads, where);
}

/// Until at most Pending of the warp's wgmma groups are in flight. `registers`: what the completed ones read
/// or wrote.
template <unsigned Pending, class Array>
void wgmma_wait(Array& registers, simt::Where where = simt::Where::current()) {
  simt::wgmma_wait_group(Pending, registers, where);
}

template <unsigned Registers>
void raise_registers(simt::Where where = simt::Where::current()) {
  simt::raise_registers(Registers, where);
}
template <unsigned Registers>
void lower_registers(simt::Where where = simt::Where::current()) {
  simt::lower_registers(Registers, where);
}

/// A register read as a float: no instruction.
inline float as_float(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
