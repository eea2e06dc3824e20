// SWEEP.json: what to explore, and how.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/sweep/axis.h"
#include "app/sweep/expression.h"

namespace fp6sim::app {

enum class Method { kGrid, kRandom, kLatinHypercube, kPareto };

/// What a Pareto search weighs: a key of the result (time_us, energy_uj, area_mm2, quality_db), smaller
/// better unless `maximise` (quality_db).
struct Objective {
  std::string name;
  bool maximise = false;
};

/// One layer to simulate, or one decode step.
struct Problem {
  std::string workload, layer;
  std::string step;  ///< name or path of the model of which a whole step is simulated; empty: the layer
  std::int64_t m = 0, k = 0, count = 1;
};

struct SweepSpec {
  std::string name, description;
  std::vector<Problem> problems;        ///< from "workloads" with "layers" or "steps", or "shapes"
  std::vector<Axis> axes;               ///< in the file's order; those left out have one default value
  std::vector<Expression> constraints;  ///< a point is simulated where all hold
  Method method = Method::kGrid;
  std::uint64_t points = 0;  ///< how many, for random and latin-hypercube; at most, for pareto
  std::uint64_t seed = 1;
  std::vector<Objective> objectives;
};

/// Reads and checks a sweep (docs/sweeps.md has the keys). Field paths are checked against every description
/// they would be replaced in. Throws fp6sim::Error.
SweepSpec read_sweep(const std::filesystem::path& file);

}  // namespace fp6sim::app
