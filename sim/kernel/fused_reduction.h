// A split-K kernel whose last CTA of a tile adds the partial sums itself: one launch.
#pragma once

#include "sim/kernel/gemm_launch.h"

namespace fp6sim::sim {

/// GemmLaunch with stages behind the last part's own: the partial sums of all parts of its tile, read in
/// ascending order, up to StageRequest::kMaxSegments parts a stage. Its result is the output. A real kernel's
/// adding CTA has waited for the others' sums, which then lie in the L2: put them there with
/// touch_partials(); that wait itself is not modelled (parts are of equal length and end together).
class FusedReductionLaunch final : public Launch {
 public:
  FusedReductionLaunch(const GpuDescription& gpu, const KernelDescription& kernel, const GemmPlan& plan);

  std::string name() const override { return gemm_.name(); }
  std::int64_t ctas() const override { return gemm_.ctas(); }
  int ctas_per_sm() const override { return gemm_.ctas_per_sm(); }
  int warps() const override { return gemm_.warps(); }
  int stages_in_flight() const override { return gemm_.stages_in_flight(); }
  std::int64_t stages(std::int64_t cta) const override;
  std::int64_t own_stages(std::int64_t cta) const { return gemm_.stages(cta); }  ///< before it adds
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override;
  StageRequest result(std::int64_t cta) const override;
  const StageWork& work() const override { return gemm_.work(); }
  const StageWork& work_of(std::int64_t cta, std::int64_t stage) const override {
    return stage < gemm_.stages(cta) ? gemm_.work_of(cta, stage) : adding_;
  }
  double epilogue_cycles() const override { return gemm_.epilogue_cycles(); }
  const UnitUse* unit() const override { return gemm_.unit(); }

 private:
  bool adds(std::int64_t cta) const { return gemm_.range(cta).split + 1 == plan_.split_k; }

  const GemmPlan& plan_;
  GemmPlan unsplit_;  // for the addresses of outputs
  GemmLaunch gemm_, outputs_;
  StageWork adding_;
};

}  // namespace fp6sim::sim
