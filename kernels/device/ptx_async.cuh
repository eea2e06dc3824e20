// Asynchronous copies and mbarriers. Contracts: emu/simt/async.h. Bulk copies and mbarrier waits need sm_90.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fp6sim::kernels::inline FP6SIM_BUILD {

using Mbarrier = std::uint64_t;

FP6SIM_DEVICE std::uint32_t shared_address(const void* shared) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
}

/// .cg: weights are used once, so they pass L1 by.
template <unsigned Bytes>
FP6SIM_DEVICE void cp_async(void* to_shared, const void* from_global, unsigned source_bytes = Bytes) {
  static_assert(Bytes == 16, "only the 16-byte form passes L1 by");
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"(shared_address(to_shared)), "l"(from_global), "r"(source_bytes)
               : "memory");
}
FP6SIM_DEVICE void cp_async_commit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <unsigned Pending>
FP6SIM_DEVICE void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" : : "n"(Pending) : "memory");
}

FP6SIM_DEVICE void mbarrier_init(Mbarrier* barrier, unsigned arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;"
               :
               : "r"(shared_address(barrier)), "r"(arrivals)
               : "memory");
}
/// The copy engine sees initialised barriers only after this.
FP6SIM_DEVICE void fence_mbarrier_init() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
FP6SIM_DEVICE void mbarrier_arrive(Mbarrier* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" : : "r"(shared_address(barrier)) : "memory");
}
FP6SIM_DEVICE void mbarrier_arrive_expect_tx(Mbarrier* barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
               :
               : "r"(shared_address(barrier)), "r"(bytes)
               : "memory");
}
FP6SIM_DEVICE void mbarrier_wait(Mbarrier* barrier, unsigned parity) {
  asm volatile(
      "{\n"
      ".reg .pred done;\n"
      "again:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again;\n"
      "}\n"
      :
      : "r"(shared_address(barrier)), "r"(parity)
      : "memory");
}
/// The last operand: no other CTA of a cluster is involved, so the ::cluster address is this CTA's own.
FP6SIM_DEVICE void bulk_copy_to_shared(void* to_shared, const void* from_global, unsigned bytes,
                                       Mbarrier* barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
               :
               : "r"(shared_address(to_shared)), "l"(from_global), "r"(bytes), "r"(shared_address(barrier))
               : "memory");
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
