// Options several commands share, spelt and explained in one place.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace fp6sim::app {

/// --split, --exact.
struct SimulationOptions {
  std::string split;
  bool exact = false;
};
void add_simulation_options(CLI::App& command, SimulationOptions& options);

/// --warm-l2, --cold-l2.
void add_l2_options(CLI::App& command, bool& warm_l2);

/// --set PATH=VALUE, repeated: fields of the descriptions replaced. See overrides_of().
void add_set_option(CLI::App& command, std::vector<std::string>& settings);
/// {"gpu.l2.size_mb": 80} from {"gpu.l2.size_mb=80"}. Throws fp6sim::Error.
boost::json::object overrides_of(const std::vector<std::string>& settings);

/// Prints a document to standard output, followed by a newline. Throws fp6sim::Error where it cannot be
/// written.
void print_json(const boost::json::object& document);
/// Writes a whole file: under another name first, then renamed, so that a reader never sees half of one.
/// Devices and pipes are written in place. Throws fp6sim::Error.
void write_file(const std::string& path, const std::string& text);

/// Batches are refused where they make no sense: 1 .. 2^20.
CLI::Validator batch_range();

}  // namespace fp6sim::app
