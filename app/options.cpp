#include "app/options.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "emu/error.h"
#include "emu/tensor_io/output_file.h"

namespace fp6sim::app {

void add_simulation_options(CLI::App& command, SimulationOptions& options) {
  command.add_option(
      "--split", options.split,
      "how the six bits are stored: 4+2 2+4 4+2-byte packed6 padded8 (default: the kernel's own)");
  command.add_flag("--exact", options.exact, "128-byte memory transactions: slower, a check on the default");
}

void add_l2_options(CLI::App& command, bool& warm_l2) {
  auto* warm = command.add_flag("--warm-l2", warm_l2,
                                "the weights were just streamed by a run before (benchmark loops)");
  const std::string cold_help = "weights come from DRAM, as in a model that is larger than L2 (default)";
  auto* cold = command.add_flag_function(
      "--cold-l2", [](std::int64_t) {}, cold_help);
  warm->excludes(cold);
}

void add_set_option(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option(
      "--set", settings,
      "replace a field of a description: gpu.PATH=VALUE, kernel.PATH=VALUE or design.PATH=VALUE, "
      "e.g. --set gpu.sm.count=54; repeat for more");
}

boost::json::object overrides_of(const std::vector<std::string>& settings) {
  boost::json::object overrides;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == setting.size()) {
      throw Error("--set '" + setting + "': expected PATH=VALUE, as gpu.sm.count=54");
    }
    const std::string text = setting.substr(equals + 1);
    boost::json::error_code error;
    boost::json::value value = boost::json::parse(text, error);
    if (error) value = boost::json::string(text);  // a bare word is a string
    overrides[setting.substr(0, equals)] = std::move(value);
  }
  return overrides;
}

void print_json(const boost::json::object& document) {
  const std::string text = boost::json::serialize(document) + "\n";
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error("standard output: writing failed");
  }
}

void write_file(const std::string& path, const std::string& text) {
  tensor_io::OutputFile out(path);
  out.append(text);
  out.commit();
}

CLI::Validator batch_range() {
  return CLI::Range(std::int64_t{1}, std::int64_t{1} << 20);
}

}  // namespace fp6sim::app
