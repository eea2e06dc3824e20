#include "sim/simulate.h"

#include <memory>

#include "sim/functional/functional_gemm.h"
#include "sim/kernel/gemm_run.h"
#include "sim/stats/result.h"
#include "sim/stats/sum.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {
namespace {

/// Twice: the second pass starts from a full cache, as a benchmark's loop does.
void warm_up(MemorySystem& memory, const GpuDescription& gpu, const Launch& launch) {
  for (int pass = 0; pass < 2; ++pass) touch_reads(memory, gpu, launch);
}

/// The L2 can hold everything a GEMM touches, if only once.
bool may_stay(const GpuDescription& gpu, const GemmPlan& plan) {
  return static_cast<double>(plan.buffers.span) <= gpu.l2.size_bytes;
}

/// What the same launches just before left in the L2: what they read, as far as it finds room, and the
/// results they wrote last, still dirty.
void leave_behind(MemorySystem& memory, const GpuDescription& gpu,
                  const std::vector<const Launch*>& launches) {
  touch_reads(memory, gpu, *launches.front());
  for (const Launch* launch : launches) {
    for (std::int64_t cta = 0; cta < launch->ctas(); ++cta) {
      const StageRequest result = launch->result(cta);
      for (int s = 0; s < result.segment_count; ++s)
        memory.touch(result.segments[static_cast<std::size_t>(s)], true);
    }
  }
}

}  // namespace

GemmResult simulate_gemm(const GpuDescription& gpu, const KernelDescription& kernel,
                         const DesignDescription& design, const GemmShape& shape, const RunOptions& options) {
  const GemmPlan plan = plan_gemm(gpu, kernel, design, shape, options);
  GpuDescription as_run = gpu;
  as_run.l2.size_bytes /= plan.l2_factor;
  if (options.loop) as_run.launch.first_us = gpu.launch.dependent_us;
  MemorySystem memory(as_run, plan.transactions.largest, plan.buffers.span);
  const auto owned = gemm_launches(as_run, kernel, plan);
  std::vector<const Launch*> launches;
  for (const auto& launch : owned) launches.push_back(launch.get());
  if (options.functional != nullptr)
    options.functional->begin(gpu, kernel, design, plan, options.split, memory, owned);
  if (options.loop) leave_behind(memory, as_run, launches);
  if (options.warm_l2) warm_up(memory, as_run, *owned.front());
  std::unique_ptr<Timeline> timeline;
  if (!options.timeline_path.empty()) timeline = std::make_unique<Timeline>(options.timeline_sms);
  const RunOutcome outcome = run_launches(as_run, memory, launches, timeline.get());
  if (options.functional != nullptr) options.functional->end();
  if (timeline != nullptr) timeline->write(options.timeline_path);
  LaunchOutcome together;
  for (const LaunchOutcome& launch : outcome.launches) add(together, launch);
  together.use = use_of(memory);  // with what was still being written back
  RunOptions ran = options;
  ran.warm_l2 |= options.loop && may_stay(as_run, plan);  // no byte has to come from DRAM
  return make_result(gpu, kernel, design, plan, together, ran);
}

}  // namespace fp6sim::sim
