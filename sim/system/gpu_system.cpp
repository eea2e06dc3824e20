#include "sim/system/gpu_system.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <string>
#include <systemc>

#include "sim/system/memory_module.h"
#include "sim/system/sm_module.h"

namespace fp6sim::sim {
namespace {

/// Starts the launches in turn and remembers when each began and ended.
class Host final : public sc_core::sc_module {
 public:
  struct Span {
    Time begin = 0, end = 0;
    MemoryUse at_end;
    SmUse sms_at_end;
  };

  Host(sc_core::sc_module_name name, const GpuDescription& gpu, const MemorySystem& memory,
       std::vector<std::unique_ptr<SmModule>>& sms, const std::vector<const Launch*>& launches)
      : sc_module(name), gpu_(gpu), memory_(memory), sms_(sms) {
    for (const Launch* launch : launches) grids_.push_back(std::make_unique<Grid>(*launch));
    spans_.resize(launches.size());
    SC_HAS_PROCESS(Host);
    SC_METHOD(start_next);
    sensitive << next_;
    dont_initialize();
    start_after(gpu.launch.first_us);
  }

  const std::vector<Span>& spans() const { return spans_; }

 private:
  void start_after(double us) {
    const double start_us = us + grids_[started_]->launch().start_us();
    next_.notify(from_fs(static_cast<Time>(start_us * kFemtosecondsPerMicrosecond)));
  }

  void start_next() {
    Grid& grid = *grids_[started_];
    spans_[started_].begin = now_fs();
    const std::size_t index = started_++;
    grid.on_done = [this, index] {
      spans_[index].end = now_fs();
      spans_[index].at_end = use_of(memory_);
      for (const auto& sm : sms_) spans_[index].sms_at_end += sm->use();
      if (started_ < grids_.size()) {
        start_after(gpu_.launch.dependent_us);
      }
    };
    for (const auto& sm : sms_) sm->open(grid);
    // Breadth first: every SM gets its first CTA before any gets its second.
    for (bool started = true; started;) {
      started = false;
      for (const auto& sm : sms_) started |= sm->start_cta();
    }
  }

  const GpuDescription& gpu_;
  const MemorySystem& memory_;
  std::vector<std::unique_ptr<SmModule>>& sms_;
  std::vector<std::unique_ptr<Grid>> grids_;
  std::vector<Span> spans_;
  std::size_t started_ = 0;
  sc_core::sc_event next_;
};

/// What the launch's time went to: the chain of CTAs that shared a slot, ending with the one that finished
/// last.
WhereTimes critical_chain(const std::vector<std::unique_ptr<SmModule>>& sms, const Host::Span& span) {
  const CtaRecord* last = nullptr;
  const SmModule* owner = nullptr;
  std::vector<Time> ends;
  std::size_t busy_sms = 0;
  for (std::size_t i = 0; i < sms.size(); ++i) {
    Time end = 0;
    for (const CtaRecord& record : sms[i]->records()) {
      if (record.start < span.begin || record.start > span.end) continue;  // another launch's
      end = std::max(end, record.end);
      if (last == nullptr || record.end > last->end) {
        last = &record;
        owner = sms[i].get();
      }
    }
    if (end > 0) ++busy_sms;
    ends.push_back(end);
  }
  WhereTimes where;
  Time chain_begin = span.begin;
  for (const CtaRecord* record = last; record != nullptr;) {
    where += record->where;
    chain_begin = record->start;
    record = record->previous < 0 ? nullptr : &owner->records()[static_cast<std::size_t>(record->previous)];
  }
  where[Where::kLaunch] += chain_begin - span.begin;
  // The tail: from when fewer than half of the SMs that had work still have some. It replaces that much of
  // the chain, in proportion, since the chain's own reasons are what a fuller machine would have hidden.
  std::sort(ends.rbegin(), ends.rend());
  const Time half = ends[std::max<std::size_t>(1, busy_sms / 2) - 1];
  const Time chain = where.total();
  const Time tail = std::clamp<Time>(last->end - std::max(half, span.begin), 0, chain);
  WhereTimes kept;
  if (chain > tail) charge_in_proportion(kept, chain - tail, where);
  kept[Where::kTail] += tail;
  kept[Where::kLatency] += span.end - last->end;  // the results' way to memory
  return kept;
}

/// A fresh kernel for this run. SystemC keeps one global context; an elaborated one cannot be taken apart and
/// used again.
void fresh_systemc() {
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext();
  sc_core::sc_default_global_context = sc_core::sc_curr_simcontext;
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
}

void discard_systemc() {
  delete sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = nullptr;
  sc_core::sc_default_global_context = nullptr;
}

}  // namespace

RunOutcome run_launches(const GpuDescription& gpu, MemorySystem& memory,
                        const std::vector<const Launch*>& launches, Timeline* timeline) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (const Launch* launch : launches) {
    const UnitUse* use = launch->unit();
    if (use == nullptr || (!use->at_slices() && !use->at_fills())) continue;
    memory.place_unit(*use);
    break;  // one design a run
  }
  fresh_systemc();
  RunOutcome outcome;
  {
    MemoryModule memory_path("memory", memory);
    std::vector<std::unique_ptr<SmModule>> sms;
    for (int i = 0; i < gpu.sm.count; ++i) {
      sms.push_back(std::make_unique<SmModule>(("sm" + std::to_string(i)).c_str(), i, gpu, timeline));
      sms.back()->socket.bind(memory_path.socket);
    }
    const MemoryUse before = use_of(memory);
    Host host("host", gpu, memory, sms, launches);
    sc_core::sc_start();

    Time previous_end = 0;
    for (std::size_t i = 0; i < launches.size(); ++i) {
      const Host::Span& span = host.spans()[i];
      assert(span.end >= span.begin && "a launch did not finish");
      LaunchOutcome launch;
      launch.duration = span.end - previous_end;
      launch.where = critical_chain(sms, span);
      launch.where[Where::kLaunch] += span.begin - previous_end;
      launch.use = span.at_end - (i == 0 ? before : host.spans()[i - 1].at_end);
      launch.sms = difference(span.sms_at_end, i == 0 ? SmUse{} : host.spans()[i - 1].sms_at_end);
      outcome.where += launch.where;
      outcome.launches.push_back(launch);
      previous_end = span.end;
    }
    outcome.end = previous_end;
  }
  discard_systemc();
  return outcome;
}

}  // namespace fp6sim::sim

/// libsystemc.so refers to sc_main for programs that let it own main(); ours never calls it.
int sc_main(int, char**) {
  return 0;
}
