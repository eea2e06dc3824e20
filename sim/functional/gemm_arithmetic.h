// The fused kernel's CTAs on real bits: shared memory, expansion, tensor core, epilogue.
#pragma once

#include <functional>
#include <memory>

#include "emu/mma/mma.h"
#include "sim/functional/expansion.h"
#include "sim/functional/weight_storage.h"
#include "sim/kernel/gemm_launch.h"

namespace fp6sim::sim {

/// Alters a request of a CTA on its way out of the SM: a planted fault in address relocation.
using RelocationFault = std::function<void(std::int64_t cta, std::int64_t stage, StageRequest& request)>;

/// C starts at +0 and takes the CTA's k-tiles ascending, each as mma.m16n8k16 steps with k ascending, whole
/// tiles: where K ends within one, the rest is +0. Every operand bit comes from a landed stage.
class GemmArithmetic final : public LaunchArithmetic {
 public:
  struct Setting {
    emu::Architecture architecture;
    Placement placement;
    int partial_bytes;  ///< 4: partial sums are stored as binary32; 2: rounded to binary16
  };
  /// All but `setting` must outlive this.
  GemmArithmetic(const GemmLaunch& launch, const GemmPlan& plan, const WeightStorage& storage,
                 Expansion& expansion, const Setting& setting, const RelocationFault& fault)
      : launch_(launch),
        plan_(plan),
        storage_(storage),
        expansion_(expansion),
        setting_(setting),
        fault_(fault) {}

  std::unique_ptr<CtaArithmetic> start(std::int64_t cta) override;

 private:
  class Cta;

  const GemmLaunch& launch_;
  const GemmPlan& plan_;
  const WeightStorage& storage_;
  Expansion& expansion_;
  Setting setting_;
  const RelocationFault& fault_;
};

}  // namespace fp6sim::sim
