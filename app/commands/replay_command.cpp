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
#include "emu/trace/open.h"
#include "sim/description/design_description.h"
#include "sim/replay/replay.h"

namespace fp6sim::app {
namespace {

struct ReplayArguments {
  std::string file, gpu = "a100-sxm-40g", design = "simt";
  sim::ReplayOptions options;
  bool json = false;
};

void print_stack(const sim::GemmResult& result) {
  for (const auto& entry : result.stack) {
    fmt::print("  {:<16} {:5.1f} %  {}\n", entry.name, 100 * entry.share,
               std::string(static_cast<std::size_t>(entry.share * 40 + 0.5), '#'));
  }
}

void print_text(const ReplayArguments& arguments, const trace::Reader& trace,
                const sim::ReplayResult& result) {
  const bool several = trace.launches().size() > 1;
  for (std::size_t i = 0; i < trace.launches().size(); ++i) {
    const trace::LaunchInfo& launch = trace.launches()[i];
    const sim::GemmResult& own = result.launches[i];
    fmt::print("{} on {}: {} CTAs in {} classes, {} a SM ({})\n", launch.kernel, arguments.gpu,
               launch.grid.count(), launch.classes, own.ctas_per_sm, launch.origin);
    if (several) fmt::print("  {:.2f} us, bound by {}\n", own.time_us, own.bound_by);
  }
  if (arguments.design != "simt") fmt::print("weights expanded by design {}\n", arguments.design);
  fmt::print("\ntime           {:.2f} us ({} cycles)\n", result.time_us, result.cycles);
  fmt::print("DRAM           {:.2f} MB, {:.1f} % of the peak\n", static_cast<double>(result.dram_bytes) / 1e6,
             result.dram_bandwidth_pct);
  fmt::print("bound by       {}\nenergy         {:.1f} uJ\n\nwhere the time went\n", result.bound_by,
             result.energy_uj);
  print_stack(result);
  fmt::print("\ncounters\n");
  for (const auto& counter : result.counters) {
    fmt::print("  {:<28} {:>16.6g} {:<14} {}\n", counter.name, counter.value, counter.unit,
               counter.description);
  }
}

/// What a launch, or all of them, took.
void add_result(boost::json::object& json, const sim::GemmResult& result) {
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
}

boost::json::object document(const ReplayArguments& arguments, const trace::Reader& trace,
                             const sim::ReplayResult& result) {
  boost::json::object json{{"schema", "fp6sim-replay-1"},
                           {"program", program_version()},
                           {"file", arguments.file},
                           {"gpu", arguments.gpu},
                           {"design", arguments.design}};
  boost::json::array launches;
  for (std::size_t i = 0; i < trace.launches().size(); ++i) {
    const trace::LaunchInfo& launch = trace.launches()[i];
    boost::json::object entry{{"kernel", launch.kernel},
                              {"origin", launch.origin},
                              {"ctas", launch.grid.count()},
                              {"classes", launch.classes},
                              {"registers_per_thread", launch.registers_per_thread},
                              {"shared_bytes", launch.shared_bytes}};
    add_result(entry, result.launches[i]);
    launches.push_back(std::move(entry));
  }
  json["launches"] = std::move(launches);
  add_result(json, result);
  return json;
}

void execute(const ReplayArguments& arguments) {
  const sim::GpuDescription gpu = sim::load_gpu(arguments.gpu);
  const sim::DesignDescription design = sim::load_design(arguments.design);
  const trace::Reader trace = trace::open_trace(arguments.file);
  const sim::ReplayResult result = [&] {
    try {
      return sim::replay(gpu, design, trace, arguments.options);
    } catch (const Error& error) {
      throw Error(arguments.file + ": " + error.what());
    }
  }();
  if (!arguments.json) return print_text(arguments, trace, result);
  print_json(document(arguments, trace, result));
}

}  // namespace

void add_replay_command(CLI::App& app, Outcome&) {
  auto* command = app.add_subcommand("replay", "Replay a trace on a GPU and show where its time goes");
  auto arguments = std::make_shared<ReplayArguments>();
  command
      ->add_option("file", arguments->file,
                   "A trace (fp6sim trace writes them), or an Accel-Sim kernelslist.g or .traceg[.xz]")
      ->required();
  command->add_option("--gpu", arguments->gpu, "GPU, by name or JSON file")->capture_default_str();
  command
      ->add_option("--design", arguments->design,
                   "where weights are expanded, by name or JSON file; others than simt for recorded kernels")
      ->capture_default_str();
  command->add_flag("--exact", arguments->options.exact, "128-byte transactions");
  command->add_option("--timeline", arguments->options.timeline_path,
                      "write a timeline for Perfetto or chrome://tracing");
  command->add_flag("--json", arguments->json, "one JSON document on standard output (docs/json.md)");
  command->footer(
      "  fp6sim trace --kernel w6a16 --m 8192 --k 22016 --n 8 -o w6a16.trace && fp6sim replay w6a16.trace");
  command->callback([arguments] { execute(*arguments); });
}

}  // namespace fp6sim::app
