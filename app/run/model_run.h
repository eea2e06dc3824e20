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
  std::vector<ModelRunRow> rows;  ///< by GPU, workload, layer, batch, column
};

/// Simulates it all. FP16 (today's GPU) is simulated for the speedup whether or not it is asked for.
ModelRun run_models(const ModelRunSpec& spec);

/// One linear layer after the other, all of the model: microseconds a token step takes in them.
struct ModelTotal {
  std::string workload, gpu;
  std::int64_t batch = 0;
  Column column;
  double time_us = 0, baseline_us = 0;
};
std::vector<ModelTotal> totals(const ModelRun& run);

/// For a terminal: times, DRAM bandwidth, speedups; then what bounds each; then whole models.
std::string model_run_text(const ModelRun& run);
/// docs/json.md, "fp6sim run".
boost::json::object model_run_json(const ModelRun& run);
std::string model_run_csv(const ModelRun& run);

}  // namespace fp6sim::app
