// Asynchronous copies into shared memory: cp.async with its groups, bulk copies (cp.async.bulk) with
// mbarriers.
//
// A copy lands only where the program waits for it. Until then its destination holds what it held before, and
// any access to it is a Violation.
#pragma once

#include <cstdint>

#include "emu/simt/thread.h"

namespace fp6sim::simt {

namespace detail {
void cp_async(void* to_shared, const void* from_global, unsigned bytes, unsigned source_bytes,
              const Where& where);
}  // namespace detail

/// cp.async of Bytes = 4, 8 or 16, both pointers aligned to it. Only the first `source_bytes` are read; the
/// rest of the destination becomes zero (source_bytes = 0 reads nothing, and `from_global` may then be
/// anything).
template <unsigned Bytes>
void cp_async(void* to_shared, const void* from_global, unsigned source_bytes = Bytes,
              Where where = Where::current()) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  detail::cp_async(to_shared, from_global, Bytes, source_bytes, where);
}
/// Closes this thread's group of the copies issued since the last commit (possibly empty).
void cp_async_commit(Where where = Where::current());
/// Waits until at most `pending` of this thread's most recent groups are still in flight. The copies are then
/// visible to this thread; other threads need a barrier as well.
void cp_async_wait_group(unsigned pending, Where where = Where::current());
/// Waits for everything this thread issued, committed or not.
void cp_async_wait_all(Where where = Where::current());

/// An mbarrier lives in shared memory as 8 bytes, 8-byte aligned. A phase completes when its expected
/// arrivals have come and its transaction bytes have landed; it then starts the next phase with the count it
/// was initialised with. Phases alternate parity, starting with 0.
using Mbarrier = std::uint64_t;

/// `arrivals` is 1..2^20-1. Other threads see the barrier only after a CTA barrier, as on the device.
void mbarrier_init(Mbarrier* barrier, unsigned arrivals, Where where = Where::current());
/// fence.mbarrier_init, by the thread that initialised them: the copy engine sees mbarriers only after this
/// (or its fence_proxy_async).
void fence_mbarrier_init();
void mbarrier_invalidate(Mbarrier* barrier, Where where = Where::current());
/// One arrival of this thread.
void mbarrier_arrive(Mbarrier* barrier, Where where = Where::current());
/// Adds `bytes` to what the current phase waits for, then arrives once.
void mbarrier_arrive_expect_tx(Mbarrier* barrier, unsigned bytes, Where where = Where::current());
/// Adds `bytes` without arriving.
void mbarrier_expect_tx(Mbarrier* barrier, unsigned bytes, Where where = Where::current());
/// Arrives once when this thread's cp.async copies issued so far have landed
/// (cp.async.mbarrier.arrive.noinc).
void cp_async_mbarrier_arrive(Mbarrier* barrier, Where where = Where::current());
/// Waits until the phase of that parity has completed: mbarrier.try_wait.parity in a loop. A phase that
/// nothing can complete is reported as a deadlock.
void mbarrier_wait(Mbarrier* barrier, unsigned parity, Where where = Where::current());
/// mbarrier.test_wait.parity: whether that phase has completed. Lets other threads run where it has not.
bool mbarrier_test_wait(Mbarrier* barrier, unsigned parity, Where where = Where::current());

/// cp.async.bulk.shared.global with complete_tx on `barrier`: `bytes` a multiple of 16, both pointers 16-byte
/// aligned. One thread issues it. Its bytes count toward the barrier's current phase, which is when they
/// land.
void bulk_copy_to_shared(void* to_shared, const void* from_global, unsigned bytes, Mbarrier* barrier,
                         Where where = Where::current());

}  // namespace fp6sim::simt
