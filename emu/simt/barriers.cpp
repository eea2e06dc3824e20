// CTA barriers: __syncthreads and the named ones.
#include <string>

#include "emu/simt/collective.h"
#include "emu/simt/cta.h"

namespace fp6sim::simt {

void Cta::arrive_barrier(unsigned id, unsigned threads, bool wait, const Where& where) {
  Lane& self = lane();
  NamedBarrier& barrier = barriers_[id];
  if (barrier.arrived == 0) {
    barrier.expected = threads;
    barrier.where = where;
  } else if (barrier.expected != threads) {
    fail(ViolationKind::kBadBarrier, self, where,
         "barrier " + std::to_string(id) + " of " + std::to_string(threads) + " threads, but " +
             short_path(barrier.where.file_name()) + ":" + std::to_string(barrier.where.line()) +
             " uses it with " + std::to_string(barrier.expected));
  } else if (id == 0 && (barrier.where.line() != where.line() || barrier.where.column() != where.column())) {
    fail(ViolationKind::kBadBarrier, self, where,
         "sync_threads here while other threads of the CTA are in the one at " +
             short_path(barrier.where.file_name()) + ":" + std::to_string(barrier.where.line()));
  }
  if (id != 0) shadow_.clocks().release(self.thread, barrier.clock);
  ++barrier.arrived;
  if (wait) barrier.waiting.push_back(&self);
  const bool complete = check_barrier_complete(barrier, id);
  if (!complete && wait) block(self, id == 0 ? "sync_threads" : "named barrier", where);
}

bool Cta::check_barrier_complete(NamedBarrier& barrier, unsigned id) {
  if (barrier.arrived < (id == 0 ? live_threads_ : barrier.expected)) return false;
  if (id == 0) {
    shadow_.clocks().full_barrier();
  } else {
    for (const Lane* waiting : barrier.waiting) shadow_.clocks().acquire(waiting->thread, barrier.clock);
  }
  for (Lane* waiting : barrier.waiting) wake(*waiting);
  barrier.waiting.clear();
  barrier.arrived = 0;
  return true;
}

void sync_threads(Where where) {
  Cta& cta = Cta::of_running("sync_threads");
  cta.record(trace::Op::kBarrierSync, where, 0, 0, cta.config().block.count());
  cta.arrive_barrier(0, static_cast<unsigned>(cta.config().block.count()), true, where);
}

namespace {
void named_barrier(unsigned id, unsigned threads, bool wait, const Where& where) {
  Cta& cta = Cta::of_running("named barrier");
  if (id < 1 || id > 15) {
    cta.fail(ViolationKind::kBadArgument, cta.lane(), where,
             "named barrier " + std::to_string(id) + ": ids are 1..15");
  }
  if (threads == 0 || threads % kWarpSize != 0 || threads > cta.config().block.count()) {
    cta.fail(ViolationKind::kBadArgument, cta.lane(), where,
             "named barrier of " + std::to_string(threads) + " threads: a multiple of 32 up to the CTA's " +
                 std::to_string(cta.config().block.count()));
  }
  cta.record(wait ? trace::Op::kBarrierSync : trace::Op::kBarrierArrive, where, 0, id, threads);
  cta.arrive_barrier(id, threads, wait, where);
}
}  // namespace

void named_barrier_sync(unsigned id, unsigned threads, Where where) {
  named_barrier(id, threads, true, where);
}
void named_barrier_arrive(unsigned id, unsigned threads, Where where) {
  named_barrier(id, threads, false, where);
}

}  // namespace fp6sim::simt
