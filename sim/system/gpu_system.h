// A whole GPU in SystemC: SMs, the memory path, and the launches of one run.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/description/gpu_description.h"
#include "sim/kernel/launch_plan.h"
#include "sim/memory_path/memory_system.h"
#include "sim/stats/timeline.h"
#include "sim/stats/where.h"

namespace fp6sim::sim {

struct RunOutcome {
  Time end = 0;      ///< the last launch's last result is in memory
  WhereTimes where;  ///< sums to `end`
};

/// Runs `launches` one after the other (the second starts `launch.dependent_us` after the first is done) on a
/// fresh SystemC kernel. One run at a time in a process: threads take turns. `memory` keeps its cache content
/// and counters.
RunOutcome run_launches(const GpuDescription& gpu, MemorySystem& memory,
                        const std::vector<const Launch*>& launches, Timeline* timeline);

}  // namespace fp6sim::sim
