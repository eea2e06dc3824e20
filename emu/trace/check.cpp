#include "emu/trace/check.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "emu/error.h"
#include "emu/trace/dump.h"

namespace fp6sim::trace {
namespace {

/// A CTA's warps going through their synchronisation, in turns.
class Walk {
 public:
  Walk(const Program& program)
      : program_(program), at_(program.warps.size(), 0), waits_(program.warps.size(), false) {}

  /// Index of a warp that can never go on, or -1 where all reach their end.
  int stuck_warp() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t w = 0; w < at_.size(); ++w) {
        while (step(w)) moved = true;
      }
      moved |= open_full_barrier();
    }
    for (std::size_t w = 0; w < at_.size(); ++w) {
      if (at_[w] < program_.warps[w].events.size()) return static_cast<int>(w);
    }
    return -1;
  }
  std::size_t position(std::size_t warp) const { return at_[warp]; }

 private:
  struct Mbarrier {
    std::int64_t arrivals = 0, pending = 0, tx_bytes = 0;
    std::uint64_t phase = 0;
  };

  void settle(Mbarrier& barrier) {
    while (barrier.arrivals > 0 && barrier.pending <= 0 && barrier.tx_bytes <= 0) {
      ++barrier.phase;
      barrier.pending += barrier.arrivals;
    }
  }

  /// One event of the warp; false where it is at its end or must wait.
  bool step(std::size_t w) {
    const auto& events = program_.warps[w].events;
    if (at_[w] == events.size() || waits_[w]) return false;
    const Event& e = events[at_[w]];
    switch (e.op) {
      case Op::kMbarrierInit:
        mbarriers_[e.barrier] = {e.value, e.value, 0, 0};
        break;
      case Op::kMbarrierArrive:
      case Op::kAsyncArrive: {
        Mbarrier& barrier = mbarriers_[e.barrier];
        barrier.tx_bytes += e.tx_bytes;
        barrier.pending -= e.value;
        settle(barrier);
        break;
      }
      case Op::kBulkCopy: {
        Mbarrier& barrier = mbarriers_[e.barrier];
        barrier.tx_bytes -= e.shared_bytes;
        settle(barrier);
        break;
      }
      case Op::kMbarrierWait:
        if (mbarriers_[e.barrier].phase <= e.value) return false;
        break;
      case Op::kBarrierSync:
      case Op::kBarrierArrive: {
        if (e.op == Op::kBarrierSync) waits_[w] = true;
        if (e.barrier != 0) {
          auto& [arrived, waiting] = named_[e.barrier];
          arrived += e.lanes;
          if (e.op == Op::kBarrierSync) waiting.push_back(w);
          if (arrived >= e.value) {
            for (std::size_t other : waiting) release(other);
            const bool self_waits = e.op == Op::kBarrierSync;
            named_.erase(e.barrier);
            if (self_waits) return true;
          }
        }
        if (e.op == Op::kBarrierSync) return false;
        break;
      }
      default:
        break;
    }
    ++at_[w];
    return true;
  }

  void release(std::size_t w) {
    waits_[w] = false;
    ++at_[w];
  }

  /// __syncthreads opens when every warp that has not ended waits in it.
  bool open_full_barrier() {
    std::vector<std::size_t> waiting;
    for (std::size_t w = 0; w < at_.size(); ++w) {
      const auto& events = program_.warps[w].events;
      if (at_[w] == events.size()) continue;
      if (!waits_[w] || events[at_[w]].barrier != 0) return false;
      waiting.push_back(w);
    }
    for (std::size_t w : waiting) release(w);
    return !waiting.empty();
  }

  const Program& program_;
  std::vector<std::size_t> at_;
  std::vector<bool> waits_;
  std::map<std::uint32_t, Mbarrier> mbarriers_;
  std::map<std::uint32_t, std::pair<std::uint32_t, std::vector<std::size_t>>> named_;
};

struct Extent {
  std::int64_t first = std::numeric_limits<std::int64_t>::max(),
               end = std::numeric_limits<std::int64_t>::min();
};

/// " (CTA 3)": the first of a class.
std::string cta_of_class(const std::vector<Placement>& placements, std::uint32_t class_id) {
  for (std::size_t i = 0; i < placements.size(); ++i) {
    if (placements[i].class_id == class_id) return " (CTA " + std::to_string(i) + ")";
  }
  return " (no CTA)";
}

/// "warp 2, event 7" that reaches the byte `end` - 1, or `first`, of buffer b.
std::string position_of(const Program& program, std::size_t b, const Extent& extent, bool at_end) {
  for (std::size_t w = 0; w < program.warps.size(); ++w) {
    const Warp& warp = program.warps[w];
    for (std::size_t e = 0; e < warp.events.size(); ++e) {
      for (std::uint32_t r = 0; r < warp.events[e].run_count; ++r) {
        const SectorRun& run = warp.runs[warp.events[e].first_run + r];
        if (run.buffer == b &&
            (at_end ? run.first_sector + run.sectors == extent.end : run.first_sector == extent.first))
          return "warp " + std::to_string(w) + ", event " + std::to_string(e);
      }
    }
  }
  return "no event";
}

}  // namespace

void check_launch(const Reader& trace, std::size_t launch) {
  const LaunchInfo& info = trace.launches().at(launch);
  const std::string where = "launch " + std::to_string(launch) + " (" + info.kernel + ")";
  std::vector<std::vector<Extent>> extents;
  for (std::uint32_t c = 0; c < info.classes; ++c) {
    const Program program = trace.program(launch, c);
    Walk walk(program);
    if (const int warp = walk.stuck_warp(); warp >= 0) {
      const auto w = static_cast<std::size_t>(warp);
      const Event& event = program.warps[w].events[walk.position(w)];
      throw Error(where + ", class " + std::to_string(c) + cta_of_class(trace.placements(launch), c) +
                  ", warp " + std::to_string(warp) + ", event " + std::to_string(walk.position(w)) +
                  ": deadlock: " + op_name(event.op) + " of barrier " + std::to_string(event.barrier) +
                  " never ends");
    }
    auto& of_class = extents.emplace_back(info.buffers.size());
    for (const Warp& warp : program.warps) {
      for (const SectorRun& run : warp.runs) {
        Extent& extent = of_class[run.buffer];
        extent.first = std::min(extent.first, run.first_sector);
        extent.end = std::max(extent.end, run.first_sector + run.sectors);
      }
    }
  }
  const auto& placements = trace.placements(launch);
  for (std::size_t i = 0; i < placements.size(); ++i) {
    for (std::size_t b = 0; b < info.buffers.size(); ++b) {
      const Extent& extent = extents[placements[i].class_id][b];
      if (extent.end <= extent.first || info.buffers[b].base_address == 0) continue;
      const std::int64_t first = extent.first * kSectorBytes + placements[i].offsets[b];
      const std::int64_t end = extent.end * kSectorBytes + placements[i].offsets[b];
      const auto bytes =
          static_cast<std::int64_t>((info.buffers[b].bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes);
      if (first < 0 || end > bytes) {
        const Program program = trace.program(launch, placements[i].class_id);
        throw Error(where + ", CTA " + std::to_string(i) + ", " +
                    position_of(program, b, extent, first >= 0) + ": bytes " + std::to_string(first) + ".." +
                    std::to_string(end - 1) + " of buffer '" + info.buffers[b].name + "', which has " +
                    std::to_string(info.buffers[b].bytes));
      }
    }
  }
}

}  // namespace fp6sim::trace
