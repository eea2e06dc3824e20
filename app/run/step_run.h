// Whole decode steps of models, as the rows and totals of a run.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "app/run/model_run.h"

namespace fp6sim::app {

/// run_models() with spec.step. An entry of ModelRun::steps has `floor_us dram_bytes weight_bytes energy_uj
/// bound_by stack gemms simulated_gemms repetition_us` (docs/json.md).
ModelRun run_steps(const ModelRunSpec& spec);

/// Writes the timeline of the simulated part of one step: the row's GPU, workload, batch and column.
void write_step_timeline(const ModelRunSpec& spec, const std::string& workload, const ModelRunRow& row,
                         const std::string& path);

/// The work function of a worker: one step's JSON text in, its layers' mean GEMMs and the total out.
std::string evaluate_step_text(const std::string& text);

}  // namespace fp6sim::app
