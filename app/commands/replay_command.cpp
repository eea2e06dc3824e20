// fp6sim replay: what a trace's launches cost on a GPU, and where the time goes.
#include <fmt/core.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/options.h"
#include "app/point/evaluate.h"
#include "emu/error.h"
#include "sim/replay/replay.h"

namespace fp6sim::app {
namespace {

struct ReplayArguments {
  std::string file, gpu = "a100-sxm-40g", design = "simt";
  sim::ReplayOptions options;
  bool json = false;
};

void print_text(const ReplayArguments& arguments, const trace::Reader& trace, const sim::GemmResult& result) {
  for (const trace::LaunchInfo& launch : trace.launches()) {
    fmt::print("{} on {}: {} CTAs in {} classes ({})\n", launch.kernel, arguments.gpu, launch.grid.count(),
               launch.classes, launch.origin);
  }
  fmt::print("\ntime           {:.2f} us ({} cycles), {} CTAs a SM\n", result.time_us, result.cycles,
             result.ctas_per_sm);
  fmt::print("DRAM           {:.2f} MB, {:.1f} % of the peak\n", static_cast<double>(result.dram_bytes) / 1e6,
             result.dram_bandwidth_pct);
  fmt::print("bound by       {}\nenergy         {:.1f} uJ\n\nwhere the time went\n", result.bound_by,
             result.energy_uj);
  for (const auto& entry : result.stack) fmt::print("  {:<16} {:5.1f} %\n", entry.name, 100 * entry.share);
  fmt::print("\ncounters\n");
  for (const auto& counter : result.counters) {
    fmt::print("  {:<28} {:>16.6g} {:<14} {}\n", counter.name, counter.value, counter.unit,
               counter.description);
  }
}

boost::json::object document(const ReplayArguments& arguments, const trace::Reader& trace,
                             const sim::GemmResult& result) {
  boost::json::object json{{"schema", "fp6sim-replay-1"},
                           {"program", program_version()},
                           {"file", arguments.file},
                           {"gpu", arguments.gpu},
                           {"design", arguments.design}};
  boost::json::array launches;
  for (const trace::LaunchInfo& launch : trace.launches()) {
    launches.push_back({{"kernel", launch.kernel},
                        {"origin", launch.origin},
                        {"ctas", launch.grid.count()},
                        {"classes", launch.classes}});
  }
  json["launches"] = std::move(launches);
  json["cycles"] = result.cycles;
  json["time_us"] = result.time_us;
  json["dram_bytes"] = result.dram_bytes;
  json["dram_bandwidth_pct"] = result.dram_bandwidth_pct;
  json["bound_by"] = result.bound_by;
  json["ctas_per_sm"] = result.ctas_per_sm;
  json["energy_uj"] = result.energy_uj;
  boost::json::object stack, counters;
  for (const auto& entry : result.stack) stack[entry.name] = entry.share;
  for (const auto& counter : result.counters) counters[counter.name] = counter.value;
  json["stack"] = std::move(stack);
  json["counters"] = std::move(counters);
  return json;
}

void execute(const ReplayArguments& arguments) {
  if (arguments.design != "simt") {
    throw Error("replay: design '" + arguments.design +
                "': a trace's instructions expand weights as they were traced; only 'simt' can be replayed");
  }
  const sim::GpuDescription gpu = sim::load_gpu(arguments.gpu);
  const trace::Reader trace(arguments.file);
  const sim::GemmResult result = sim::replay(gpu, trace, arguments.options);
  if (!arguments.json) return print_text(arguments, trace, result);
  print_json(document(arguments, trace, result));
}

}  // namespace

void add_replay_command(CLI::App& app, Outcome&) {
  auto* command = app.add_subcommand("replay", "Replay a trace on a GPU and show where its time goes");
  auto arguments = std::make_shared<ReplayArguments>();
  command->add_option("file", arguments->file, "A trace (fp6sim trace writes and imports them)")->required();
  command->add_option("--gpu", arguments->gpu, "GPU, by name or JSON file")->capture_default_str();
  command->add_option("--design", arguments->design, "simt")->capture_default_str();
  command->add_flag("--exact", arguments->options.exact, "128-byte transactions");
  command->add_option("--timeline", arguments->options.timeline_path,
                      "write a timeline for Perfetto or chrome://tracing");
  command->add_flag("--json", arguments->json, "one JSON document on standard output (docs/json.md)");
  command->footer(
      "  fp6sim trace --kernel w6a16 --m 8192 --k 22016 --n 8 -o w6a16.trace && fp6sim replay w6a16.trace");
  command->callback([arguments] { execute(*arguments); });
}

}  // namespace fp6sim::app
