#include "sim/simulate.h"

#include <algorithm>
#include <memory>

#include "sim/kernel/gemm_launch.h"
#include "sim/stats/result.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {
namespace {

/// A previous run of the same layer streamed everything it reads.
void warm_up(MemorySystem& memory, const GemmLaunch& launch) {
  for (int pass = 0; pass < 2;
       ++pass) {  // twice: the second starts from a full cache, as a benchmark's loop does
    for (std::int64_t cta = 0; cta < launch.ctas(); ++cta) {
      for (std::int64_t stage = 0; stage < launch.stages(cta); ++stage) {
        const StageRequest request = launch.copy(cta, stage);
        for (int s = 0; s < request.segment_count; ++s)
          memory.touch(request.segments[static_cast<std::size_t>(s)]);
      }
    }
  }
}

}  // namespace

GemmResult simulate_gemm(const GpuDescription& gpu, const KernelDescription& kernel,
                         const DesignDescription& design, const GemmShape& shape, const RunOptions& options) {
  const GemmPlan plan = plan_gemm(gpu, kernel, design, shape, options);
  GpuDescription as_run = gpu;
  as_run.l2.size_bytes /= plan.l2_factor;
  MemorySystem memory(as_run, options.exact ? 128 : kMaxTransactionBytes, plan.buffers.span);
  const GemmLaunch gemm(as_run, kernel, design, plan);
  if (options.warm_l2) warm_up(memory, gemm);

  std::vector<const Launch*> launches{&gemm};
  std::unique_ptr<ReductionLaunch> reduction;
  if (plan.split_k > 1) {
    reduction = std::make_unique<ReductionLaunch>(as_run, kernel, plan);
    launches.push_back(reduction.get());
  }
  std::unique_ptr<Timeline> timeline;
  if (!options.timeline_path.empty()) timeline = std::make_unique<Timeline>();
  const RunOutcome outcome = run_launches(as_run, memory, launches, timeline.get());
  if (timeline != nullptr) timeline->write(options.timeline_path);
  return make_result(gpu, kernel, design, plan, use_of(memory), outcome.end, outcome.where, options);
}

}  // namespace fp6sim::sim
