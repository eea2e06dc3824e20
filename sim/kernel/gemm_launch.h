// The launches of a planned GEMM: the fused kernel, and the sum of its split-K partials.
#pragma once

#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

class GemmLaunch final : public Launch {
 public:
  GemmLaunch(const GpuDescription& gpu, const KernelDescription& kernel, const GemmPlan& plan);

  std::string name() const override { return kernel_.name; }
  std::int64_t ctas() const override { return plan_.m_tiles * plan_.n_tiles * plan_.split_k; }
  int ctas_per_sm() const override { return plan_.ctas_per_sm; }
  int warps() const override { return plan_.tile.threads / 32; }
  int stages_in_flight() const override { return plan_.tile.stages - 1; }
  std::int64_t stages(std::int64_t cta) const override { return range(cta).tiles; }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override;
  StageRequest result(std::int64_t cta) const override;
  const StageWork& work() const override { return plan_.work; }
  double epilogue_cycles() const override { return epilogue_cycles_; }
  double epilogue_memory_cycles() const override { return epilogue_memory_cycles_; }
  const UnitUse* unit() const override { return plan_.unit.make ? &plan_.unit : nullptr; }

  double start_us() const override { return start_us_; }

  /// What a stage of a CTA that owns `own` brings.
  StageRequest copy_of(const CtaRange& own, std::int64_t stage) const;
  /// CTA number -> its tiles: batch tiles fastest, so that neighbours share weights; parts of K slowest.
  CtaRange range(std::int64_t cta) const;

 private:
  const KernelDescription& kernel_;
  const GemmPlan& plan_;
  double epilogue_cycles_, epilogue_memory_cycles_, start_us_;
};

/// Sums the partials of `reduction_elements` outputs per CTA in ascending part order, `reduction_unroll`
/// parts loaded at a time.
class ReductionLaunch final : public Launch {
 public:
  ReductionLaunch(const GpuDescription& gpu, const KernelDescription& kernel, const GemmPlan& plan);

  std::string name() const override { return "split-K reduction"; }
  std::int64_t ctas() const override;
  int ctas_per_sm() const override { return ctas_per_sm_; }
  int warps() const override { return kernel_.reduction_threads / 32; }
  int stages_in_flight() const override { return 1; }
  std::int64_t stages(std::int64_t) const override {
    return (plan_.split_k + kernel_.reduction_unroll - 1) / kernel_.reduction_unroll;
  }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override;
  StageRequest result(std::int64_t cta) const override;
  const StageWork& work() const override { return work_; }
  double epilogue_cycles() const override { return 20; }

 private:
  std::int64_t outputs() const { return plan_.m_tiles * plan_.tile.m * plan_.shape.n; }

  const KernelDescription& kernel_;
  const GemmPlan& plan_;
  int ctas_per_sm_;
  StageWork work_;
};

}  // namespace fp6sim::sim
