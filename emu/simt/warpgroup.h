// Hopper's asynchronous tensor-core steps: four consecutive warps (a warpgroup) multiply a 64-row A from
// their registers with a B that the tensor core reads from shared memory by itself.
//
// The executor takes every freedom the instruction has. Operands are read when the group is waited for, the
// accumulators hold NaN from issue to wait, and what the program may not touch in between is compared at the
// wait: a missing wait, fence or proxy fence is a Violation or wrong bits, never luck.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "emu/simt/collective.h"
#include "emu/simt/thread.h"

namespace fp6sim::simt {

/// Address of shared memory as the PTX .shared window has it: the offset in the CTA's shared memory.
std::uint32_t shared_address(const void* shared, Where where = Where::current());

/// fence.proxy.async: this thread's writes to shared memory so far (stores, landed cp.async) become visible
/// to the tensor core's and the copy engine's own reads. Other threads learn of it by a barrier, as ever.
void fence_proxy_async(Where where = Where::current());

/// setmaxnreg.inc and .dec: `registers` a thread from now on, 24..256, a multiple of 8, and not fewer (more)
/// than before; a CTA starts with what its threads can have at most. All warps of a warpgroup must execute
/// it, and what warps have asked for must fit the 65,536 registers of an SM.
void raise_registers(unsigned registers, Where where = Where::current());
void lower_registers(unsigned registers, Where where = Where::current());

namespace detail {
struct RegisterSpan {
  void* at;
  std::size_t bytes;
};
void wgmma_need_landed(RegisterSpan registers, const Where& where);
void wgmma_fence(RegisterSpan registers, const Where& where);
void wgmma(MmaInput input, RegisterSpan d, const std::uint32_t* a, std::uint64_t descriptor,
           const Where& where);
}  // namespace detail

/// wgmma.fence.sync.aligned, naming an array of the registers it orders: whatever wgmma() reads or adds to
/// must have been named since the program last wrote it. What only wgmma() has written since needs no other.
template <class Array>
void wgmma_fence(Array& registers, Where where = Where::current()) {
  static_assert(std::is_array_v<Array> && sizeof(registers) % 4 == 0, "an array of whole registers");
  detail::wgmma_fence({&registers, sizeof(registers)}, where);
}

/// wgmma.mma_async.sync.aligned.m64n(8*Blocks)k16.f32.{f16,bf16}.{f16,bf16} with A in registers and a K-major
/// B[8*Blocks tokens][16] described by `descriptor` (emu/simt/matrix_descriptor.h). Fragments of a warp are
/// mma_m16n8k16's: `a` of its 16 of the 64 rows, d[i] of tokens 8i..8i+7. Hopper only. Both arrays must live
/// until the group has been waited for.
template <std::size_t Blocks>
void wgmma(MmaInput input, float (&d)[Blocks][4], const std::uint32_t (&a)[4], std::uint64_t descriptor,
           Where where = Where::current()) {
  static_assert(Blocks >= 1 && Blocks <= 32, "wgmma takes 8..256 columns");
  detail::wgmma(input, {&d, sizeof(d)}, a, descriptor, where);
}
/// wgmma.commit_group: closes the warp's group of the steps issued since the last.
void wgmma_commit(Where where = Where::current());
/// wgmma.wait_group: until at most `pending` of the warp's most recent groups are in flight.
void wgmma_wait_group(unsigned pending, Where where = Where::current());
/// The same in code that tells its compiler, by an array, whose registers may be touched from here on: none
/// that a wgmma still in flight reads or adds to.
template <class T, std::size_t Count>
void wgmma_wait_group(unsigned pending, T (&registers)[Count], Where where = Where::current()) {
  wgmma_wait_group(pending, where);
  detail::wgmma_need_landed({&registers, sizeof(registers)}, where);
}

}  // namespace fp6sim::simt
