#include "sim/decode_step.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>

#include "sim/kernel/gemm_run.h"
#include "sim/stats/result.h"
#include "sim/stats/sum.h"
#include "sim/step/step_plan.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {
namespace {

// With LRU nothing survives more than one further cache of data, save what many CTAs read in another order;
// of a model of 12 caches nothing is there a step later.
constexpr double kManyCaches = 12;
// What decides a step of such a model is whether the L2 is full (and which outputs it holds), not of what.
constexpr double kUntilSteady = 2;

// A repetition's time varies by about a percent with what the cache happens to throw out: the fewer bytes a
// repetition has, the more of them stand for the rest.
constexpr double kRepresentativeCaches = 8;
constexpr double kMostRepresentatives = 6;

/// Which repetitions of a group to simulate: [0, end). Those from `steady` on stand in turn for the rest.
struct Simulated {
  std::int64_t steady = 0, end = 0;
  /// The repetition that is simulated for `repetition`.
  std::int64_t stands_for(std::int64_t repetition) const {
    return repetition < end ? repetition : steady + (repetition - end) % (end - steady);
  }
};

Simulated repetitions_to_run(const StepPlan& step, const LayerGroup& group, double l2_bytes,
                             const StepOptions& options) {
  const Simulated all{0, group.repeat};
  if (options.every_layer || static_cast<double>(step.weight_bytes) <= kManyCaches * l2_bytes) return all;
  const double each = static_cast<double>(group.weight_bytes);
  const double steady = std::ceil(kUntilSteady * l2_bytes / each);
  const double end =
      steady + std::clamp(std::ceil(kRepresentativeCaches * l2_bytes / each), 1.0, kMostRepresentatives);
  if (end >= static_cast<double>(group.repeat)) return all;
  return {static_cast<std::int64_t>(steady), static_cast<std::int64_t>(end)};
}

class Step {
 public:
  Step(const GpuDescription& gpu, const DesignDescription& design, const StepPlan& plan,
       const StepOptions& options)
      : gpu_(gpu), as_run_(gpu), design_(design), plan_(plan), options_(options) {
    as_run_.l2.size_bytes /= plan.l2_factor;
  }

  StepResult run(std::int64_t batch) {
    MemorySystem memory(as_run_, plan_.layers.front().plan.transactions.largest, plan_.span);
    if (!options_.first_step) leave_a_step_behind(memory);
    for (const LayerGroup& group : plan_.groups) add_group(group);
    std::vector<const Launch*> launches;
    for (const Placed& gemm : gemms_) {
      for (const auto& launch : gemm.launches) launches.push_back(launch.get());
    }
    std::unique_ptr<Timeline> timeline;
    if (!options_.timeline_path.empty()) timeline = std::make_unique<Timeline>();
    const RunOutcome outcome = run_launches(as_run_, memory, launches, timeline.get());
    if (timeline != nullptr) timeline->write(options_.timeline_path);
    return collect(outcome, batch);
  }

 private:
  struct Placed {
    StepGemm gemm;
    std::vector<std::int64_t> repetitions;  ///< of the step, that it stands for
    const GemmPlan* plan;
    std::vector<std::unique_ptr<Launch>> launches;
  };

  const KernelDescription& kernel_of(const StepGemm& gemm) const { return *plan_.layers[gemm.layer].kernel; }

  Placed place(const StepGemm& gemm) {
    plans_.push_back(plan_.placed(gemm));
    return {gemm, {}, &plans_.back(), gemm_launches(as_run_, kernel_of(gemm), plans_.back())};
  }

  /// What the step before, of the same model, left in the L2: of a large model its last repetitions.
  void leave_a_step_behind(MemorySystem& memory) {
    const double l2 = as_run_.l2.size_bytes, step = static_cast<double>(plan_.weight_bytes);
    std::vector<StepGemm> before;  // last first
    double bytes = 0;
    for (auto group = plan_.groups.rbegin(); group != plan_.groups.rend(); ++group) {
      for (std::int64_t r = group->repeat - 1; r >= 0 && bytes <= kManyCaches * l2; --r) {
        auto gemms = plan_.repetition(*group, r);
        before.insert(before.end(), gemms.rbegin(), gemms.rend());
        bytes += static_cast<double>(group->weight_bytes);
      }
    }
    const bool all = bytes >= step;
    const int passes = all ? static_cast<int>(std::clamp(kManyCaches * l2 / step, 2.0, 12.0)) : 1;
    for (int pass = 0; pass < passes; ++pass) {
      for (auto gemm = before.rbegin(); gemm != before.rend(); ++gemm)
        touch_reads(memory, as_run_, *place(*gemm).launches.front());
    }
    plans_.clear();
  }

  void add_group(const LayerGroup& group) {
    const Simulated simulated = repetitions_to_run(plan_, group, as_run_.l2.size_bytes, options_);
    std::vector<std::vector<std::int64_t>> same(static_cast<std::size_t>(simulated.end));
    for (std::int64_t r = 0; r < group.repeat; ++r)
      same[static_cast<std::size_t>(simulated.stands_for(r))].push_back(r + first_repetition_);
    first_repetition_ += group.repeat;
    for (std::int64_t r = 0; r < simulated.end; ++r) {
      for (const StepGemm& gemm : plan_.repetition(group, r)) {
        gemms_.push_back(place(gemm));
        gemms_.back().repetitions = same[static_cast<std::size_t>(r)];
      }
    }
  }

  StepResult collect(const RunOutcome& outcome, std::int64_t batch) const {
    StepResult result;
    result.repetition_us.resize(static_cast<std::size_t>(first_repetition_));
    for (const PlannedLayer& layer : plan_.layers) {
      StepLayer& entry = result.layers.emplace_back();
      entry.label = layer.layer->label;
      entry.shape = layer.plan.shape;
      entry.count = layer.layer->count;
    }
    const double kept = options_.first_step
                            ? 0
                            : std::min(1.0, as_run_.l2.size_bytes / static_cast<double>(plan_.weight_bytes));
    std::size_t next = 0;
    for (const Placed& gemm : gemms_) {
      LaunchOutcome together;
      for (std::size_t i = 0; i < gemm.launches.size(); ++i) add(together, outcome.launches[next++]);
      GemmResult one = make_result(gpu_, kernel_of(gemm.gemm), design_, *gemm.plan, together, {});
      one.floor_us =
          (1 - kept) * static_cast<double>(gemm.plan->weight_bytes) / gpu_.dram.peak_bytes_per_s() * 1e6;
      add_times(result.layers[gemm.gemm.layer].sum, one, static_cast<std::int64_t>(gemm.repetitions.size()));
      for (const std::int64_t r : gemm.repetitions)
        result.repetition_us[static_cast<std::size_t>(r)] += one.time_us;
      ++result.simulated_gemms;
    }
    for (StepLayer& layer : result.layers) add_times(result.total, layer.sum, 1);
    result.total.tile.clear();
    result.total.split_k = result.total.ctas = result.total.ctas_per_sm = 0;
    result.total.padding.clear();
    result.tokens_per_s = static_cast<double>(batch) / result.total.time_us * 1e6;
    result.weight_bytes = plan_.weight_bytes;
    result.gemms = plan_.gemms;
    return result;
  }

  const GpuDescription& gpu_;
  GpuDescription as_run_;
  const DesignDescription& design_;
  const StepPlan& plan_;
  const StepOptions& options_;
  std::deque<GemmPlan> plans_;  // launches refer to them
  std::vector<Placed> gemms_;
  std::int64_t first_repetition_ = 0;  // of the group to add next
};

}  // namespace

StepResult simulate_step(const GpuDescription& gpu, const KernelDescription& kernel,
                         const DesignDescription& design, const Workload& workload, std::int64_t batch,
                         const StepOptions& options) {
  const StepPlan plan = plan_step(gpu, kernel, design, workload, batch, options);
  return Step(gpu, design, plan, options).run(batch);
}

}  // namespace fp6sim::sim
