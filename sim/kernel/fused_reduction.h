// A split-K kernel whose last CTA of a tile adds the partial sums itself: one launch.
#pragma once

#include "sim/kernel/gemm_launch.h"

namespace fp6sim::sim {

/// As our kernels split K (kernels/gemm/epilogue.cuh): partial sums leave the registers as they are, whole
/// tiles, 16 bytes a thread; then two barriers around a counter.
///
/// GemmLaunch whose CTAs write partial sums; the one whose arrive last reads those of all parts of its tile,
/// in ascending order, up to StageRequest::kMaxSegments parts a stage, and writes the output. These stages
/// and the output are those of the tile's last part, whoever does them.
class FusedReductionLaunch final : public Launch {
 public:
  FusedReductionLaunch(const GpuDescription& gpu, const KernelDescription& kernel, const GemmPlan& plan);

  std::string name() const override { return gemm_.name(); }
  std::int64_t ctas() const override { return gemm_.ctas(); }
  int ctas_per_sm() const override { return gemm_.ctas_per_sm(); }
  int warps() const override { return gemm_.warps(); }
  int stages_in_flight() const override { return gemm_.stages_in_flight(); }
  std::int64_t stages(std::int64_t cta) const override;
  Join join(std::int64_t cta) const override { return {cta % grid(), plan_.split_k}; }
  std::int64_t own_stages(std::int64_t cta) const override { return gemm_.stages(cta); }
  StageRequest partial(std::int64_t cta) const override;
  double partial_cycles() const override { return partial_cycles_; }
  double partial_memory_cycles() const override { return partial_memory_cycles_; }
  std::int64_t joiner(std::int64_t cta) const override { return (plan_.split_k - 1) * grid() + cta % grid(); }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override;
  StageRequest result(std::int64_t cta) const override;
  const StageWork& work() const override { return gemm_.work(); }
  const StageWork& work_of(std::int64_t cta, std::int64_t stage) const override {
    return stage < gemm_.stages(cta) ? gemm_.work_of(cta, stage) : adding_;
  }
  double epilogue_cycles() const override { return 0; }
  double epilogue_memory_cycles() const override { return gemm_.epilogue_memory_cycles(); }
  double start_us() const override { return gemm_.start_us(); }
  const UnitUse* unit() const override { return gemm_.unit(); }
  const GemmLaunch& gemm() const { return gemm_; }

 private:
  std::int64_t grid() const { return plan_.m_tiles * plan_.n_tiles; }
  bool adds(std::int64_t cta) const { return gemm_.range(cta).split + 1 == plan_.split_k; }

  const GemmPlan& plan_;
  GemmPlan unsplit_;  // for the addresses of outputs
  GemmLaunch gemm_, outputs_;
  int partial_bytes_;
  double partial_cycles_, partial_memory_cycles_;
  StageWork adding_;
};

}  // namespace fp6sim::sim
