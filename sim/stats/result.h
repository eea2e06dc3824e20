// From a finished run to the numbers a user sees.
#pragma once

#include "sim/kernel/launch_plan.h"
#include "sim/memory_path/memory_system.h"
#include "sim/simulate.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {

/// cycles, time, DRAM bytes and bandwidth, stack and what bounds the run.
void describe_time(const GpuDescription& gpu, const MemorySystem& memory, const RunOutcome& outcome,
                   GemmResult& result);
/// Appends the memory path's counters.
void count_memory(const MemorySystem& memory, GemmResult& result);

GemmResult make_result(const GpuDescription& gpu, const KernelDescription& kernel,
                       const DesignDescription& design, const GemmPlan& plan, const MemorySystem& memory,
                       const RunOutcome& outcome, const RunOptions& options);

}  // namespace fp6sim::sim
