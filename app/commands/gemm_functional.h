// gemm --functional: the run carries random operands, and its output is compared with emu's GEMM.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "app/functional/functional_check.h"
#include "app/point/evaluate.h"
#include "sim/functional/fault.h"

namespace fp6sim::app {

/// --functional, --seed, --fault.
struct FunctionalOptions {
  bool wanted = false;
  std::uint64_t seed = 0;
  std::string fault;
};
void add_functional_options(CLI::App& command, FunctionalOptions& options);

struct FunctionalOutcome {
  FunctionalCheck check;
  std::uint64_t seed = 0;
  std::vector<sim::Victim> victims;  ///< of the planted fault

  boost::json::object json() const;
  /// A few lines for people.
  std::string text() const;
};

/// Simulates the point with data; `result` gets what simulate() gives. Throws fp6sim::Error, also for a fault
/// that met no payload.
FunctionalOutcome simulate_functional(const Point& point, const Inputs& inputs,
                                      const std::string& timeline_path, const FunctionalOptions& options,
                                      sim::GemmResult& result);

}  // namespace fp6sim::app
