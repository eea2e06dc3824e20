// From a finished run to the numbers a user sees.
#pragma once

#include "sim/kernel/launch_plan.h"
#include "sim/memory_path/memory_system.h"
#include "sim/simulate.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {

GemmResult make_result(const GpuDescription& gpu, const KernelDescription& kernel, const DesignDescription& design,
                       const GemmPlan& plan, const MemorySystem& memory, const RunOutcome& outcome,
                       const RunOptions& options);

}  // namespace fp6sim::sim
