// mbarriers and the copies that complete on them.
//
// Copies land as late as the program can tell: when a thread waits for the phase (or tests it) and everything
// else the phase needs has come. Code that looks before it waits therefore always sees the old contents, and
// is reported.
#include <algorithm>
#include <string>

#include "emu/simt/async.h"
#include "emu/simt/cta.h"

namespace fp6sim::simt {
namespace {

bool only_waits_for_copies(const MbarrierState& barrier) {
  return barrier.pending <= barrier.deferred.size();
}

}  // namespace

MbarrierState& Cta::mbarrier(const void* at, const char* what, const Where& where) {
  const std::size_t offset = shared_offset(at, sizeof(Mbarrier), alignof(Mbarrier), what, where);
  for (MbarrierState& barrier : mbarriers_) {
    if (barrier.offset != offset) continue;
    check(shadow_.read(lane().thread, offset, sizeof(Mbarrier), sites_.number(where)), lane(), what, where);
    return barrier;
  }
  fail(ViolationKind::kBadBarrier, lane(), where,
       std::string(what) + " on shared byte " + std::to_string(offset) +
           ", where no mbarrier has been initialised");
}

MbarrierState& Cta::init_mbarrier(std::size_t offset, unsigned arrivals) {
  drop_mbarrier(offset);
  std::uint32_t ordinal = 0;
  for (const MbarrierState& barrier : mbarriers_) ordinal = std::max(ordinal, barrier.ordinal + 1);
  MbarrierState barrier{};
  barrier.offset = offset;
  barrier.ordinal = ordinal;
  barrier.count = barrier.pending = arrivals;
  barrier.initialiser = lane().thread;
  barrier.current = barrier.completed = shadow_.clocks().new_clock();
  return mbarriers_.emplace_back(std::move(barrier));
}

void Cta::drop_mbarrier(std::size_t offset) {
  std::erase_if(mbarriers_, [&](const MbarrierState& barrier) { return barrier.offset == offset; });
}

void Cta::fence_mbarriers() {
  for (MbarrierState& barrier : mbarriers_) barrier.fenced |= barrier.initialiser == lane().thread;
}

bool Cta::advance(MbarrierState& barrier) {
  if (!barrier.deferred.empty() && barrier.pending <= barrier.deferred.size()) {
    for (const auto& arrival : barrier.deferred) {
      if (arrival.copies > arrival.lane->forgotten) {
        land_copies(*arrival.lane, arrival.copies - arrival.lane->forgotten, shadow_.clocks().async_thread());
      }
      --barrier.pending;
    }
    barrier.deferred.clear();
    shadow_.clocks().release_async(barrier.current);
  }
  if (barrier.pending != 0) return false;
  if (!barrier.copies.empty()) {
    for (const SharedCopy& copy : barrier.copies) {
      land(copy, shadow_.clocks().async_thread());
      barrier.tx_bytes -= copy.bytes;
    }
    barrier.copies.clear();
    shadow_.clocks().release_async(barrier.current);
  }
  if (barrier.tx_bytes != 0) return false;
  ++barrier.phase;
  barrier.pending = barrier.count;
  barrier.completed = std::exchange(barrier.current, shadow_.clocks().new_clock());
  for (Lane* waiting : barrier.waiting) {
    shadow_.clocks().acquire(waiting->thread, barrier.completed);
    wake(*waiting);
  }
  barrier.waiting.clear();
  return true;
}

void Cta::arrive(MbarrierState& barrier, unsigned arrivals, const Lane& lane, const Where& where) {
  if (barrier.pending == 0)
    advance(barrier);  // the phase only waited for its copies: this arrival is the next one's
  if (barrier.pending < arrivals + barrier.deferred.size()) {
    fail(ViolationKind::kBadBarrier, lane, where,
         "an arrival too many on the mbarrier at shared byte " + std::to_string(barrier.offset) +
             ": its phases take " + std::to_string(barrier.count));
  }
  shadow_.clocks().release(lane.thread, barrier.current);
  barrier.pending -= arrivals;
  if (!barrier.waiting.empty() || (barrier.copies.empty() && barrier.deferred.empty())) advance(barrier);
}

namespace {

/// Whether the phase of that parity has completed, landing what it waits for.
bool phase_done(Cta& cta, MbarrierState& barrier, unsigned parity) {
  if (barrier.phase % 2 == parity) cta.advance(barrier);
  return barrier.phase % 2 != parity;
}

void check_parity(Cta& cta, unsigned parity, const Where& where) {
  if (parity > 1) {
    cta.fail(ViolationKind::kBadArgument, cta.lane(), where,
             "mbarrier wait for parity " + std::to_string(parity) + ": 0 or 1");
  }
}

/// Records a wait for a phase; the one before the first (a producer's first pass) is there from the start.
void record_wait(Cta& cta, const MbarrierState& barrier, unsigned parity, const Where& where) {
  const std::uint64_t phase = barrier.phase % 2 == parity ? barrier.phase : barrier.phase - 1;
  if (barrier.phase == 0 && parity == 1) return;
  cta.record(trace::Op::kMbarrierWait, where, 0, barrier.ordinal, phase);
}

}  // namespace

void mbarrier_init(Mbarrier* at, unsigned arrivals, Where where) {
  Cta& cta = Cta::of_running("mbarrier.init");
  Lane& self = cta.lane();
  const std::size_t offset =
      cta.shared_offset(at, sizeof(Mbarrier), alignof(Mbarrier), "mbarrier.init", where);
  if (arrivals == 0 || arrivals >= 1u << 20) {
    cta.fail(
        ViolationKind::kBadArgument, self, where,
        "mbarrier.init with " + std::to_string(arrivals) + " arrivals: 1.." + std::to_string((1 << 20) - 1));
  }
  cta.check(cta.shadow().write(self.thread, offset, sizeof(Mbarrier), cta.sites().number(where)), self,
            "mbarrier.init", where);
  const MbarrierState& barrier = cta.init_mbarrier(offset, arrivals);
  cta.record(trace::Op::kMbarrierInit, where, 0, barrier.ordinal, arrivals);
}

void fence_mbarrier_init() {
  Cta::of_running("fence.mbarrier_init").fence_mbarriers();
}

void mbarrier_invalidate(Mbarrier* at, Where where) {
  Cta& cta = Cta::of_running("mbarrier.inval");
  cta.drop_mbarrier(cta.mbarrier(at, "mbarrier.inval", where).offset);
}

void mbarrier_arrive(Mbarrier* at, Where where) {
  Cta& cta = Cta::of_running("mbarrier.arrive");
  MbarrierState& barrier = cta.mbarrier(at, "mbarrier.arrive", where);
  cta.record(trace::Op::kMbarrierArrive, where, 0, barrier.ordinal, 1);
  cta.arrive(barrier, 1, cta.lane(), where);
}

void mbarrier_arrive_expect_tx(Mbarrier* at, unsigned bytes, Where where) {
  Cta& cta = Cta::of_running("mbarrier.arrive.expect_tx");
  MbarrierState& barrier = cta.mbarrier(at, "mbarrier.arrive.expect_tx", where);
  if (only_waits_for_copies(barrier)) cta.advance(barrier);
  barrier.tx_bytes += bytes;
  cta.record(trace::Op::kMbarrierArrive, where, 0, barrier.ordinal, 1, bytes);
  cta.arrive(barrier, 1, cta.lane(), where);
}

void mbarrier_expect_tx(Mbarrier* at, unsigned bytes, Where where) {
  Cta& cta = Cta::of_running("mbarrier.expect_tx");
  MbarrierState& barrier = cta.mbarrier(at, "mbarrier.expect_tx", where);
  if (only_waits_for_copies(barrier)) cta.advance(barrier);
  barrier.tx_bytes += bytes;
  cta.record(trace::Op::kMbarrierArrive, where, 0, barrier.ordinal, 0, bytes);
}

void cp_async_mbarrier_arrive(Mbarrier* at, Where where) {
  Cta& cta = Cta::of_running("cp.async.mbarrier.arrive");
  MbarrierState& barrier = cta.mbarrier(at, "cp.async.mbarrier.arrive", where);
  Lane& self = cta.lane();
  if (only_waits_for_copies(barrier)) cta.advance(barrier);
  if (barrier.pending < 1 + barrier.deferred.size()) {
    cta.fail(ViolationKind::kBadBarrier, self, where,
             "an arrival too many on the mbarrier at shared byte " + std::to_string(barrier.offset));
  }
  cta.record(trace::Op::kAsyncArrive, where, 0, barrier.ordinal, 1);
  barrier.deferred.push_back({&self, self.forgotten + self.copies.size()});
  if (!barrier.waiting.empty()) cta.advance(barrier);
}

void mbarrier_wait(Mbarrier* at, unsigned parity, Where where) {
  Cta& cta = Cta::of_running("mbarrier.try_wait");
  MbarrierState& barrier = cta.mbarrier(at, "mbarrier.try_wait", where);
  check_parity(cta, parity, where);
  Lane& self = cta.lane();
  record_wait(cta, barrier, parity, where);
  if (phase_done(cta, barrier, parity)) {
    cta.shadow().clocks().acquire(self.thread, barrier.completed);
    return;
  }
  barrier.waiting.push_back(&self);
  cta.block(self, "mbarrier wait", where);
}

bool mbarrier_test_wait(Mbarrier* at, unsigned parity, Where where) {
  Cta& cta = Cta::of_running("mbarrier.test_wait");
  check_parity(cta, parity, where);
  Lane& self = cta.lane();
  if (!phase_done(cta, cta.mbarrier(at, "mbarrier.test_wait", where), parity)) {
    cta.poll(self, "mbarrier test", where);
    MbarrierState& again = cta.mbarrier(at, "mbarrier.test_wait", where);
    if (!phase_done(cta, again, parity)) return false;
  }
  const MbarrierState& barrier = cta.mbarrier(at, "mbarrier.test_wait", where);
  record_wait(cta, barrier, parity, where);
  cta.shadow().clocks().acquire(self.thread, barrier.completed);
  return true;
}

void bulk_copy_to_shared(void* to_shared, const void* from_global, unsigned bytes, Mbarrier* at,
                         Where where) {
  Cta& cta = Cta::of_running("cp.async.bulk");
  Lane& self = cta.lane();
  if (bytes == 0 || bytes % 16 != 0) {
    cta.fail(ViolationKind::kBadArgument, self, where,
             "cp.async.bulk of " + std::to_string(bytes) + " bytes: a positive multiple of 16");
  }
  const std::size_t offset = cta.shared_offset(to_shared, bytes, 16, "cp.async.bulk destination", where);
  const auto place = cta.global_place(from_global, bytes, 16, false, "cp.async.bulk source", where);
  MbarrierState& barrier = cta.mbarrier(at, "cp.async.bulk", where);
  if (!barrier.fenced) {
    cta.fail(ViolationKind::kRace, self, where,
             "cp.async.bulk on the mbarrier at shared byte " + std::to_string(barrier.offset) +
                 ", which thread " + std::to_string(barrier.initialiser) +
                 " initialised without a fence_mbarrier_init after it");
  }
  const std::uint32_t site = cta.sites().number(where);
  cta.check(cta.shadow().claim(self.thread, offset, bytes, site), self, "cp.async.bulk write", where);
  if (barrier.pending == 0 && barrier.copies.empty()) cta.advance(barrier);
  barrier.copies.push_back({offset, static_cast<const std::byte*>(from_global), bytes, bytes, site});
  cta.record(trace::Op::kBulkCopy, where, 0, std::uint64_t{place.index} << 48 | place.offset,
             std::uint64_t{barrier.ordinal} << 32 | bytes);
}

}  // namespace fp6sim::simt
