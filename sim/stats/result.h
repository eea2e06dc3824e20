// From a finished run to the numbers a user sees.
#pragma once

#include <string>
#include <vector>

#include "sim/kernel/launch_plan.h"
#include "sim/simulate.h"
#include "sim/stats/memory_use.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {

/// cycles, time, DRAM bytes and bandwidth, stack and what bounds the run.
void describe_time(const GpuDescription& gpu, const MemoryUse& use, Time duration, const WhereTimes& where,
                   GemmResult& result);
/// The largest share of a stack, launch and tail apart.
std::string largest_cause(const std::vector<StackEntry>& stack);
/// Appends the memory path's counters.
void count_memory(const MemoryUse& use, GemmResult& result);
/// Appends how long CTAs waited, computed ..., and pipes were reserved: the sums of a timeline's intervals.
void count_sms(const GpuDescription& gpu, const SmUse& use, GemmResult& result);

GemmResult make_result(const GpuDescription& gpu, const KernelDescription& kernel,
                       const DesignDescription& design, const GemmPlan& plan, const LaunchOutcome& outcome,
                       const RunOptions& options);

}  // namespace fp6sim::sim
