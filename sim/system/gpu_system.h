// A whole GPU in SystemC: SMs, the memory path, and the launches of one run.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/description/gpu_description.h"
#include "sim/kernel/launch_plan.h"
#include "sim/memory_path/memory_system.h"
#include "sim/stats/memory_use.h"
#include "sim/stats/sm_use.h"
#include "sim/stats/timeline.h"
#include "sim/stats/where.h"

namespace fp6sim::sim {

/// One launch of a run: from the end of the launch before it (its own launch overhead included) to its last
/// result.
struct LaunchOutcome {
  Time duration = 0;
  WhereTimes where;  ///< sums to `duration`
  SmUse sms;
  MemoryUse use;  ///< write-backs it caused that are still under way at its end count for the next
};

struct RunOutcome {
  Time end = 0;      ///< the last launch's last result is in memory
  WhereTimes where;  ///< sums to `end`
  std::vector<LaunchOutcome> launches;
};

/// Runs `launches` one after the other (the second starts `launch.dependent_us` after the first is done) on a
/// fresh SystemC kernel. One run at a time in a process: threads take turns. `memory` keeps its cache content
/// and counters.
RunOutcome run_launches(const GpuDescription& gpu, MemorySystem& memory,
                        const std::vector<const Launch*>& launches, Timeline* timeline);

}  // namespace fp6sim::sim
