#include "sim/kernel/gemm_run.h"

#include <algorithm>

#include "sim/kernel/fused_reduction.h"
#include "sim/kernel/gemm_launch.h"
#include "sim/kernel/striped_launch.h"

namespace fp6sim::sim {

std::vector<std::unique_ptr<Launch>> gemm_launches(const GpuDescription& gpu, const KernelDescription& kernel,
                                                   const GemmPlan& plan) {
  std::vector<std::unique_ptr<Launch>> launches;
  if (kernel.split_rule == SplitRule::kStripes) {
    launches.push_back(std::make_unique<StripedLaunch>(gpu, kernel, plan));
    return launches;
  }
  if (plan.split_k > 1 && kernel.reduction_in_kernel) {
    launches.push_back(std::make_unique<FusedReductionLaunch>(gpu, kernel, plan));
    return launches;
  }
  launches.push_back(std::make_unique<GemmLaunch>(gpu, kernel, plan));
  if (plan.split_k > 1) launches.push_back(std::make_unique<ReductionLaunch>(gpu, kernel, plan));
  return launches;
}

void touch_reads(MemorySystem& memory, const GpuDescription& gpu, const Launch& launch) {
  const std::int64_t together = std::int64_t{launch.ctas_per_sm()} * gpu.sm.count;
  for (std::int64_t wave = 0; wave < launch.ctas(); wave += together) {
    const std::int64_t end = std::min(wave + together, launch.ctas());
    bool any = true;
    for (std::int64_t stage = 0; any; ++stage) {
      any = false;
      for (std::int64_t cta = wave; cta < end; ++cta) {
        if (stage >= launch.own_stages(cta)) continue;
        any = true;
        const StageRequest request = launch.copy(cta, stage);
        for (int s = 0; s < request.segment_count; ++s)
          memory.touch(request.segments[static_cast<std::size_t>(s)], false,
                       static_cast<std::uint32_t>((cta - wave) % gpu.sm.count));
      }
    }
  }
}

}  // namespace fp6sim::sim
