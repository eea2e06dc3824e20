// The GEMMs of a decode step in order, and where everything they touch lies. Plain C++: no time passes here.
//
//   | weights of repetition 0 | of repetition 1 | ... | outputs of each layer | split-K partials |
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/decode_step.h"
#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

/// A layer of the workload, planned once for all its GEMMs.
struct PlannedLayer {
  const WorkloadLayer* layer = nullptr;
  std::int64_t copies = 1;                          ///< GEMMs of it in one repetition
  std::shared_ptr<const KernelDescription> kernel;  ///< StepOptions::kernel_for's, or the step's
  GemmPlan plan;                                    ///< with addresses as if it were alone
  std::uint64_t weight_span = 0;                    ///< address space of one GEMM's weights and scales
  std::uint64_t first_weights = 0;                  ///< those of repetition 0, copy 0
  std::uint64_t repetition_span = 0;                ///< from one repetition's to the next's
  std::uint64_t input = 0;
  std::vector<std::uint64_t> outputs;  ///< of each copy
};

/// Layers that are repeated together: transformer layers.
struct LayerGroup {
  std::size_t first = 0, last = 0;  ///< layers [first, last)
  std::int64_t repeat = 1;
  std::uint64_t weight_bytes = 0;  ///< of one repetition
};

struct StepGemm {
  std::size_t layer = 0;
  std::int64_t repetition = 0, copy = 0;
};

struct StepPlan {
  std::vector<PlannedLayer> layers;
  std::vector<LayerGroup> groups;
  std::uint64_t workspace = 0, span = 0;
  std::uint64_t weight_bytes = 0;  ///< of the whole step
  std::int64_t gemms = 0;
  double l2_factor = 1;  ///< how much larger weights are inside the L2

  /// The plan of one GEMM with its own addresses.
  GemmPlan placed(const StepGemm& gemm) const;
  /// The GEMMs of one repetition of a group, in order.
  std::vector<StepGemm> repetition(const LayerGroup& group, std::int64_t number) const;
};

/// `workload` must outlive the plan.
StepPlan plan_step(const GpuDescription& gpu, const KernelDescription& kernel,
                   const DesignDescription& design, const Workload& workload, std::int64_t batch,
                   const StepOptions& options);

}  // namespace fp6sim::sim
