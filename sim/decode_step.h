// A whole decode step: every linear layer of a model, one GEMM after the other on one GPU, the L2's content
// carried from each to the next.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/simulate.h"
#include "sim/workload.h"

namespace fp6sim::sim {

struct StepOptions {
  bool first_step = false;   ///< the L2 is empty at the start; default: a step of the same model has just run
  bool every_layer = false;  ///< simulate every transformer layer, also where they have become all alike
  bool exact = false;        ///< 128-byte transactions
  std::string split;         ///< as in RunOptions
  DequantStageFactory rtl_unit;  ///< as RunOptions has it
  std::string timeline_path;     ///< of the simulated part; empty: none
  /// The kernel as it runs a shape, where its tile and split depend on more than its description says; empty:
  /// the description given, for every layer.
  std::function<KernelDescription(const GemmShape&)> kernel_for;
};

/// One layer of the workload.
struct StepLayer {
  std::string label;
  GemmShape shape;
  std::int64_t count = 0;  ///< GEMMs of it in the step
  /// All of them together: cycles, times, bytes, energy and counters added up, shares of their common time.
  /// `floor_us` is this layer's part, by bytes, of the step's.
  GemmResult sum;
};

struct StepResult {
  std::vector<StepLayer> layers;  ///< as in the workload, without what a step does not run
  /// The whole step, likewise. `floor_us`: the weights' bytes less what the L2 can have kept of them, over
  /// the DRAM's peak; `tile`, `split_k`, `ctas` and `padding` are left empty.
  GemmResult total;
  double tokens_per_s = 0;         ///< batch / total.time_us: linear layers alone
  std::uint64_t weight_bytes = 0;  ///< weights, scales and zero points of all layers
  std::int64_t gemms = 0;          ///< in the step
  std::int64_t simulated_gemms = 0;
  std::vector<double> repetition_us;  ///< of each transformer layer, in order; alike ones repeat a number
};

/// Simulates one token step of `batch` sequences. GEMMs start `launch.dependent_us` after the one before has
/// ended, the first after `launch.first_us`. Every GEMM has weights of its own; a layer reads what the layer
/// before it wrote (gate and up read the same), in buffers that every transformer layer uses again.
/// Attention, norms and the activation function are not simulated: they are taken to work in place. Blocks of
/// equal repeat that follow each other take turns. Layers marked `per_token: false` are left out.
///
/// A model of more than 12 times the L2 is simulated until the L2 is full of its own; the transformer layers
/// of the next 8 L2 sizes (1 to 6 of them) then stand in turn for the rest (tests compare with
/// `every_layer`). Deterministic, as simulate_gemm(), and throws what it throws, naming the layer; also for a
/// workload without a layer to run, or of more than 100,000 GEMMs.
StepResult simulate_step(const GpuDescription& gpu, const KernelDescription& kernel,
                         const DesignDescription& design, const Workload& workload, std::int64_t batch,
                         const StepOptions& options = {});

}  // namespace fp6sim::sim
