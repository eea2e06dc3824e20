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

/// Partial sums that a kernel adds itself are in the L2 when it reads them (FusedReductionLaunch): puts their
/// lines there. Nothing for other launches.
void touch_partials(MemorySystem& memory, const Launch& launch);

/// Leaves in the L2 what it would hold after `launch` has streamed everything it reads, CTAs that run
/// together in step; no time passes.
void touch_reads(MemorySystem& memory, const GpuDescription& gpu, const Launch& launch);

}  // namespace fp6sim::sim
