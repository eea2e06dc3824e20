// What a planned GEMM launches, and what it reads.
#pragma once

#include <memory>
#include <vector>

#include "sim/kernel/launch_plan.h"
#include "sim/memory_path/memory_system.h"

namespace fp6sim::sim {

/// The fused kernel, then the sum of its split-K partials where it has any. All arguments must outlive them.
std::vector<std::unique_ptr<Launch>> gemm_launches(const GpuDescription& gpu, const KernelDescription& kernel,
                                                   const GemmPlan& plan);

/// Leaves in the L2 what it would hold after `launch` has streamed everything it reads, CTAs that run
/// together in step; no time passes.
void touch_reads(MemorySystem& memory, const GpuDescription& gpu, const Launch& launch);

}  // namespace fp6sim::sim
