// The main job: the linear layers of models at several batches, kernel beside kernel, FP16 as the measure.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "app/point/point.h"

namespace fp6sim::app {

struct ModelRunSpec {
  std::vector<std::string> workloads;
  std::vector<std::string> gpus, kernels, designs;
  std::vector<std::int64_t> batches;
  std::string split;
  bool warm_l2 = false, exact = false;
  bool step = false;        ///< whole decode steps, the L2's content carried from layer to layer
  bool first_step = false;  ///< with `step`: the L2 is empty at its start
  int jobs = 0;
};

/// A way to run a layer: the kernel, and the design where it is not today's.
struct Column {
  std::string kernel, design;
  bool splits = false;  ///< --split is for it
  std::string title() const;
};

/// One layer, batch, GPU and column with its result and FP16's time.
struct ModelRunRow {
  Point point;
  boost::json::object result;
  double baseline_us = 0, baseline_floor_us = 0;

  double time_us() const { return result.at("time_us").to_number<double>(); }
  double speedup() const { return baseline_us / time_us(); }
};

struct ModelRun {
  ModelRunSpec spec;
  std::vector<Column> columns;
  std::vector<ModelRunRow>
      rows;  ///< by GPU, workload, layer, batch, column; in steps the mean GEMM of a layer
  /// With spec.step: of each GPU, workload, batch and column (step_run.h), in the order of totals().
  std::vector<boost::json::object> steps;
};

/// The ways to run a layer that `spec` asks for.
std::vector<Column> columns_of(const ModelRunSpec& spec);

/// Simulates it all. FP16 (today's GPU) is simulated for the speedup whether or not it is asked for.
ModelRun run_models(const ModelRunSpec& spec);

/// One linear layer after the other, all of the model: microseconds a token step takes in them.
struct ModelTotal {
  std::string workload, gpu;
  std::int64_t batch = 0;
  Column column;
  double time_us = 0, baseline_us = 0;

  /// Of the linear layers alone.
  double tokens_per_s() const { return static_cast<double>(batch) / time_us * 1e6; }
};
std::vector<ModelTotal> totals(const ModelRun& run);

/// For a terminal: times, DRAM bandwidth, speedups; then what bounds each; then whole models.
std::string model_run_text(const ModelRun& run);
/// docs/json.md, "fp6sim run".
boost::json::object model_run_json(const ModelRun& run);
std::string model_run_csv(const ModelRun& run);

}  // namespace fp6sim::app
