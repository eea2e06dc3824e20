// fp6sim compare: how far simulated times are from measured ones.
#include <fmt/core.h>

#include <cmath>

#include "app/commands.h"
#include "app/compare/comparison.h"
#include "app/options.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

struct CompareArguments {
  CompareSpec spec;
  SimulationOptions simulation;
  double max_error = 0;
  bool json = false;
};

void execute(CompareArguments& arguments, bool has_limit, Outcome& outcome) {
  if (!std::isfinite(arguments.max_error) || arguments.max_error < 0)  // nothing is above a NaN
    throw Error(
        fmt::format("compare: --max-error is {}: expected a percentage of at least 0", arguments.max_error));
  arguments.spec.split = arguments.simulation.split;
  arguments.spec.exact = arguments.simulation.exact;
  const Comparison comparison = compare(arguments.spec);
  for (const std::string& column : comparison.ignored_columns) {
    fmt::print(stderr, "column '{}' is not compared\n", column);
  }
  if (arguments.json) {
    print_json(comparison_json(comparison));
  } else {
    fmt::print("{}", comparison_text(comparison));
  }
  const double mean = comparison.overall().mean_abs_pct;
  if (has_limit && mean > arguments.max_error) {
    fmt::print(stderr, "mean error {:.2f} % is above --max-error {}\n", mean, arguments.max_error);
    outcome.exit_code = 1;
  }
}

}  // namespace

void add_compare_command(CLI::App& app, Outcome& outcome) {
  auto* command = app.add_subcommand("compare", "Compare measured times or speedups with simulated ones");
  auto arguments = std::make_shared<CompareArguments>();
  CompareSpec& spec = arguments->spec;
  command
      ->add_option("measured", spec.files,
                   "CSV files: model,layer,M,K,batch,kernel and time_us, "
                   "speedup_over_cublas_fp16 or counters")
      ->required();
  command->add_option("--gpu", spec.gpu, "GPU of rows without a gpu column")->capture_default_str();
  add_l2_options(*command, spec.warm_l2);
  add_simulation_options(*command, arguments->simulation);
  auto* limit = command->add_option("--max-error", arguments->max_error,
                                    "exit 1 where the mean error is above this, in %");
  command->add_option("--jobs", spec.jobs, "worker processes (default: one a processor)")
      ->check(CLI::Range(1, 4096));
  command->add_flag("--json", arguments->json, "one JSON document on standard output (docs/json.md)");
  command->footer(
      "Rows that are the baseline of their own ratio, and rows without a value, do not count. Kernels "
      "without a\n"
      "description are listed as skipped. A row's own gpu, split, l2_state and clock_mhz are used where it "
      "has them.\n"
      "  fp6sim compare speedups.csv --gpu a100-sxm-40g --max-error 5\n"
      "  fp6sim compare a.csv b.csv --json > out/compare.json && fp6sim report out -o report.html");
  command->callback([arguments, limit, &outcome] { execute(*arguments, limit->count() > 0, outcome); });
}

}  // namespace fp6sim::app
