#include "sim/simulate.h"

#include <memory>

#include "sim/functional/functional_gemm.h"
#include "sim/kernel/gemm_run.h"
#include "sim/stats/result.h"
#include "sim/stats/sum.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {

GemmResult simulate_gemm(const GpuDescription& gpu, const KernelDescription& kernel,
                         const DesignDescription& design, const GemmShape& shape, const RunOptions& options) {
  const GemmPlan plan = plan_gemm(gpu, kernel, design, shape, options);
  GpuDescription as_run = gpu;
  as_run.l2.size_bytes /= plan.l2_factor;
  MemorySystem memory(as_run, options.exact ? 128 : kMaxTransactionBytes, plan.buffers.span);
  const auto owned = gemm_launches(as_run, kernel, plan);
  if (options.functional != nullptr)
    options.functional->begin(gpu, kernel, design, plan, options.split, memory, owned);
  if (options.warm_l2) {  // twice: the second starts from a full cache, as a benchmark's loop does
    for (int pass = 0; pass < 2; ++pass) touch_reads(memory, *owned.front());
  }
  std::vector<const Launch*> launches;
  for (const auto& launch : owned) {
    touch_partials(memory, *launch);
    launches.push_back(launch.get());
  }
  std::unique_ptr<Timeline> timeline;
  if (!options.timeline_path.empty()) timeline = std::make_unique<Timeline>(options.timeline_sms);
  const RunOutcome outcome = run_launches(as_run, memory, launches, timeline.get());
  if (options.functional != nullptr) options.functional->end();
  if (timeline != nullptr) timeline->write(options.timeline_path);
  LaunchOutcome together;
  for (const LaunchOutcome& launch : outcome.launches) add(together, launch);
  together.use = use_of(memory);  // with what was still being written back
  return make_result(gpu, kernel, design, plan, together, options);
}

}  // namespace fp6sim::sim
