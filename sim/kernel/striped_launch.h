// A kernel whose CTAs divide all k-tiles of all output tiles evenly among themselves (Marlin's stripes).
//
//            k ->
//   rows 0   0 0 0 0 0 1      CTA 0 starts in the upper left corner and takes its share of k-tiles,
//   rows 1   1 1 1 1 2 2      CTA 1 goes on where CTA 0 stops: a row of tiles may belong to several
//   rows 2   2 2 2 3 3 3      CTAs, which add to one output one after the other.
#pragma once

#include "sim/kernel/gemm_launch.h"

namespace fp6sim::sim {

/// One CTA a slot of the GPU. Every row of tiles a CTA has part in it writes once; that it reads what the CTA
/// before has written, and waits for it, is not modelled.
class StripedLaunch final : public Launch {
 public:
  StripedLaunch(const GpuDescription& gpu, const KernelDescription& kernel, const GemmPlan& plan);

  std::string name() const override { return gemm_.name(); }
  std::int64_t ctas() const override { return (tiles_ + share_ - 1) / share_; }
  int ctas_per_sm() const override { return gemm_.ctas_per_sm(); }
  int warps() const override { return gemm_.warps(); }
  int stages_in_flight() const override { return gemm_.stages_in_flight(); }
  std::int64_t stages(std::int64_t cta) const override { return std::min(share_, tiles_ - cta * share_); }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override;
  StageRequest result(std::int64_t cta) const override;
  const StageWork& work() const override { return gemm_.work(); }
  double epilogue_cycles() const override { return gemm_.epilogue_cycles(); }
  double epilogue_memory_cycles() const override { return gemm_.epilogue_memory_cycles(); }
  double start_us() const override { return gemm_.start_us(); }
  const UnitUse* unit() const override { return gemm_.unit(); }

 private:
  const GemmPlan& plan_;
  GemmLaunch gemm_;
  std::int64_t tiles_, share_;  // k-tiles of the whole GEMM and of a CTA
};

}  // namespace fp6sim::sim
