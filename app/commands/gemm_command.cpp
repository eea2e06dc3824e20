// fp6sim gemm: one GEMM, with everything the simulator knows about it.
#include <fmt/core.h>

#include "app/commands.h"
#include "app/commands/gemm_functional.h"
#include "app/options.h"
#include "app/point/evaluate.h"
#include "app/text/table.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

struct GemmArguments {
  Point point;
  SimulationOptions simulation;
  std::vector<std::string> settings;
  std::string timeline, unit;
  FunctionalOptions functional;
  bool json = false;
};

std::string bar(double share) {
  return std::string(static_cast<std::size_t>(share * 40 + 0.5), '#');
}

void print_result(const Point& point, const Inputs& inputs, const sim::GemmResult& result) {
  fmt::print("{}\n\n", point_text(point));
  fmt::print("time           {:.2f} us ({} cycles at {:.0f} MHz)\n", result.time_us, result.cycles,
             inputs.gpu.sm.clock_mhz);
  fmt::print("byte floor     {:.2f} us: {:.1f} % of it reached\n", result.floor_us,
             100 * result.floor_us / result.time_us);
  fmt::print("DRAM           {:.2f} MB, {:.1f} % of {:.0f} GB/s\n",
             static_cast<double>(result.dram_bytes) / 1e6, result.dram_bandwidth_pct,
             inputs.gpu.dram.peak_bytes_per_s() / 1e9);
  fmt::print("bound by       {}\n", result.bound_by);
  fmt::print("kernel         tile {}, split-K {}, {} CTAs, {} a SM\n", result.tile, result.split_k,
             result.ctas, result.ctas_per_sm);
  if (!result.padding.empty()) fmt::print("padding        {}\n", result.padding);
  fmt::print("energy         {:.1f} uJ\n\nwhere the time went\n", result.energy_uj);
  for (const auto& entry : result.stack) {
    fmt::print("  {:<16} {:5.1f} %  {}\n", entry.name, 100 * entry.share, bar(entry.share));
  }
  fmt::print("\ncounters\n");
  for (const auto& counter : result.counters) {
    fmt::print("  {:<28} {:>16.6g} {:<14} {}\n", counter.name, counter.value, counter.unit,
               counter.description);
  }
}

void execute(GemmArguments& arguments, Outcome& outcome) {
  Point& point = arguments.point;
  point.split = arguments.simulation.split;
  point.exact = arguments.simulation.exact;
  point.overrides = overrides_of(arguments.settings);
  InputCache cache;
  if (!arguments.unit.empty()) {
    if (cache.inputs(point).design.lanes <= 0)
      throw Error("--unit " + arguments.unit + ": design '" + point.design + "' has no dequantisation unit");
    point.overrides["design.model"] = arguments.unit;
  }
  const Inputs inputs = cache.inputs(point);
  sim::GemmResult result;
  std::optional<FunctionalOutcome> functional;
  if (arguments.functional.wanted) {
    functional = simulate_functional(point, inputs, arguments.timeline, arguments.functional, result);
    if (functional->check.mismatches > 0) outcome.exit_code = 1;
  } else {
    result = simulate(point, inputs, arguments.timeline);
  }
  if (!arguments.json) {
    print_result(point, inputs, result);
    if (functional) fmt::print("\n{}", functional->text());
    return;
  }
  boost::json::object document = point.to_json();
  for (const char* label : {"workload", "layer", "count"}) document.erase(label);
  document["schema"] = "fp6sim-gemm-1";
  document["program"] = program_version();
  for (auto& [name, value] : result_json(point, inputs, result)) document[name] = value;
  if (functional) document["functional"] = functional->json();
  print_json(document);
}

}  // namespace

void add_gemm_command(CLI::App& app, Outcome& outcome) {
  auto* command = app.add_subcommand("gemm", "Simulate one GEMM and show where its time goes");
  auto arguments = std::make_shared<GemmArguments>();
  Point& point = arguments->point;
  command->add_option("--m", point.shape.m, "out features")->required();
  command->add_option("--k", point.shape.k, "in features")->required();
  command->add_option("--n", point.shape.n, "batch (tokens)")->required();
  command->add_option("--gpu", point.gpu, "GPU, by name or JSON file")->capture_default_str();
  command->add_option("--kernel", point.kernel, "kernel, by name or JSON file")->capture_default_str();
  command->add_option("--design", point.design, "where weights are expanded, by name or JSON file")
      ->capture_default_str();
  add_l2_options(*command, point.warm_l2);
  command->add_flag("--loop", point.loop,
                    "one of many launches in a row, as benchmarks time them: the launch before hides this "
                    "one's overhead, its results are still in the L2");
  add_simulation_options(*command, arguments->simulation);
  add_set_option(*command, arguments->settings);
  command
      ->add_option(
          "--unit", arguments->unit,
          "what stands for the design's dequantisation unit: timing (C++) or rtl (the Verilated one)")
      ->check(CLI::IsMember({"timing", "rtl"}));
  command->add_option("--timeline", arguments->timeline, "write a timeline for Perfetto or chrome://tracing");
  add_functional_options(*command, arguments->functional);
  command->add_flag("--json", arguments->json, "one JSON document on standard output (docs/json.md)");
  command->footer(
      "Y[n,m] = X[n,k] W[m,k]^T. Sizes the kernel's tile does not divide are padded, and the result says "
      "so.\n"
      "  fp6sim gemm --m 8192 --k 22016 --n 8 --gpu a100-sxm-40g --kernel w6a16\n"
      "  fp6sim gemm --m 8192 --k 22016 --n 8 --set gpu.dram.channels=32 --json");
  command->callback([arguments, &outcome] { execute(*arguments, outcome); });
}

}  // namespace fp6sim::app
