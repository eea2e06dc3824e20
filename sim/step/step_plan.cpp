#include "sim/step/step_plan.h"

#include <algorithm>
#include <cassert>

#include "emu/error.h"
#include "sim/kernel/transaction_size.h"

namespace fp6sim::sim {
namespace {

constexpr std::int64_t kMostGemms = 100'000;
constexpr std::uint64_t kLargestSpan = std::uint64_t{1} << 40;  // block numbers have 32 bits

std::uint64_t round_up(std::uint64_t bytes) {
  constexpr std::uint64_t kAllocation = 1 << 20;  // as launch_plan.cpp places buffers
  return (bytes + kAllocation - 1) / kAllocation * kAllocation;
}

PlannedLayer plan_layer(const GpuDescription& gpu, const KernelDescription& kernel,
                        const DesignDescription& design, const WorkloadLayer& layer, std::int64_t batch,
                        const StepOptions& options) {
  RunOptions as_gemm;
  as_gemm.exact = options.exact;
  as_gemm.split = options.split;
  as_gemm.rtl_unit = options.rtl_unit;
  PlannedLayer planned;
  planned.layer = &layer;
  planned.copies = layer.count / layer.repeat;
  const GemmShape shape{layer.m, layer.k, batch};
  try {
    planned.kernel =
        std::make_shared<const KernelDescription>(options.kernel_for ? options.kernel_for(shape) : kernel);
    planned.plan = plan_gemm(gpu, *planned.kernel, design, shape, as_gemm);
  } catch (const Error& error) {
    throw Error("layer " + layer.label + ": " + error.what());
  }
  if (!options.exact)
    planned.plan.transactions = transactions_of_step(gpu, planned.kernel->weights, planned.plan);
  planned.weight_span = planned.plan.buffers.activations;  // weights and scales lie before the activations
  assert(planned.weight_span > planned.plan.buffers.scales);
  return planned;
}

/// Consecutive layers of equal repeat.
std::vector<LayerGroup> groups_of(const std::vector<PlannedLayer>& layers) {
  std::vector<LayerGroup> groups;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::int64_t repeat = layers[i].layer->repeat;
    if (groups.empty() || groups.back().repeat != repeat) groups.push_back({i, i, repeat, 0});
    groups.back().last = i + 1;
    groups.back().weight_bytes += layers[i].plan.weight_bytes * static_cast<std::uint64_t>(layers[i].copies);
  }
  return groups;
}

void place_weights(StepPlan& step) {
  for (const LayerGroup& group : step.groups) {
    std::uint64_t span = 0;
    for (std::size_t i = group.first; i < group.last; ++i) {
      PlannedLayer& layer = step.layers[i];
      layer.first_weights = step.span + span;
      span += layer.weight_span * static_cast<std::uint64_t>(layer.copies);
    }
    for (std::size_t i = group.first; i < group.last; ++i) step.layers[i].repetition_span = span;
    step.span += span * static_cast<std::uint64_t>(group.repeat);
  }
}

/// Every layer's outputs, wide enough for what the next one reads there; the first reads the last one's.
void place_activations(StepPlan& step, std::int64_t batch) {
  for (std::size_t i = 0; i < step.layers.size(); ++i) {
    PlannedLayer& layer = step.layers[i];
    PlannedLayer& reader = step.layers[(i + 1) % step.layers.size()];
    const std::int64_t wide = std::max(layer.plan.padded.m, reader.plan.padded.k);
    for (std::int64_t copy = 0; copy < layer.copies; ++copy) {
      layer.outputs.push_back(step.span);
      step.span += round_up(2 * static_cast<std::uint64_t>(wide) * static_cast<std::uint64_t>(batch));
    }
    reader.input = layer.outputs.front();
  }
  step.workspace = step.span;
  std::uint64_t workspace = 0;
  for (const PlannedLayer& layer : step.layers)
    workspace = std::max(workspace, layer.plan.buffers.span - layer.plan.buffers.workspace);
  step.span += workspace;
}

}  // namespace

StepPlan plan_step(const GpuDescription& gpu, const KernelDescription& kernel,
                   const DesignDescription& design, const Workload& workload, std::int64_t batch,
                   const StepOptions& options) {
  StepPlan step;
  for (const WorkloadLayer& layer : workload.layers) {
    if (!layer.per_token) continue;
    step.layers.push_back(plan_layer(gpu, kernel, design, layer, batch, options));
    step.gemms += layer.count;
    if (step.gemms > kMostGemms) {
      throw Error("workload " + workload.name + ": a step of more than " + std::to_string(kMostGemms) +
                  " GEMMs");
    }
  }
  if (step.layers.empty()) throw Error("workload " + workload.name + ": no layer runs once per token");
  step.groups = groups_of(step.layers);
  for (const LayerGroup& group : step.groups)
    step.weight_bytes += group.weight_bytes * static_cast<std::uint64_t>(group.repeat);
  step.l2_factor = step.layers.front().plan.l2_factor;
  place_weights(step);
  place_activations(step, batch);
  if (step.span > kLargestSpan) {
    throw Error("workload " + workload.name + ": " + std::to_string(step.span >> 30) +
                " GB of weights; at most 1024");
  }
  return step;
}

GemmPlan StepPlan::placed(const StepGemm& gemm) const {
  const PlannedLayer& layer = layers[gemm.layer];
  GemmPlan plan = layer.plan;
  const std::uint64_t base = layer.first_weights +
                             static_cast<std::uint64_t>(gemm.repetition) * layer.repetition_span +
                             static_cast<std::uint64_t>(gemm.copy) * layer.weight_span;
  for (std::uint64_t& weights : plan.buffers.weights) weights += base;
  plan.buffers.scales += base;
  plan.buffers.activations = layer.input;
  plan.buffers.output = layer.outputs[static_cast<std::size_t>(gemm.copy)];
  plan.buffers.workspace = workspace;
  plan.buffers.span = span;
  return plan;
}

std::vector<StepGemm> StepPlan::repetition(const LayerGroup& group, std::int64_t number) const {
  std::vector<StepGemm> found;
  for (std::size_t i = group.first; i < group.last; ++i) {
    for (std::int64_t copy = 0; copy < layers[i].copies; ++copy) found.push_back({i, number, copy});
  }
  return found;
}

}  // namespace fp6sim::sim
