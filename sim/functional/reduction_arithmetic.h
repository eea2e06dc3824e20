// The split-K reduction on real bits.
#pragma once

#include <memory>

#include "sim/kernel/gemm_launch.h"

namespace fp6sim::sim {

/// Adds the partial sums of each output in ascending order of the parts: in binary32, or with binary16
/// partial sums rounding every sum to binary16; then one rounding to binary16. NaN is canonical.
class ReductionArithmetic final : public LaunchArithmetic {
 public:
  /// All must outlive this.
  ReductionArithmetic(const KernelDescription& kernel, const GemmPlan& plan) : kernel_(kernel), plan_(plan) {}

  std::unique_ptr<CtaArithmetic> start(std::int64_t cta) override;

 private:
  class Cta;

  const KernelDescription& kernel_;
  const GemmPlan& plan_;
};

/// The fused kernel whose last CTA adds: CTAs are `fused`'s until they have written their partial sums; the
/// one that goes on adds them as ReductionArithmetic does.
class JoinedArithmetic final : public LaunchArithmetic {
 public:
  /// All but `fused` must outlive this.
  JoinedArithmetic(std::unique_ptr<LaunchArithmetic> fused, const KernelDescription& kernel,
                   const GemmPlan& plan)
      : fused_(std::move(fused)), kernel_(kernel), plan_(plan) {}

  std::unique_ptr<CtaArithmetic> start(std::int64_t cta) override { return fused_->start(cta); }
  std::unique_ptr<CtaArithmetic> join(std::int64_t joiner) override;

 private:
  class Cta;

  std::unique_ptr<LaunchArithmetic> fused_;
  const KernelDescription& kernel_;
  const GemmPlan& plan_;
};

}  // namespace fp6sim::sim
