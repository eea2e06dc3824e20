// fp6sim run: the linear layers of whole models, kernel beside kernel.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "app/commands.h"
#include "app/options.h"
#include "app/point/evaluate.h"
#include "app/report/report.h"
#include "app/run/model_run.h"
#include "app/run/step_run.h"
#include "emu/error.h"
#include "sim/workload.h"

namespace fp6sim::app {
namespace {

struct RunArguments {
  ModelRunSpec spec{.workloads = {"llama-65b"},
                    .gpus = {"a100-sxm-80g", "h100-sxm"},
                    .kernels = {"cublas-fp16", "w4a16-g128", "w6a16"},
                    .designs = {std::string(kDefaultDesign)},
                    .batches = {1, 8, 16, 32},
                    .split = {}};
  SimulationOptions simulation;
  std::string out, timeline;
  bool json = false;
};

/// Before anything is simulated, so that a bad place costs no simulation.
void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error("--out " + folder + ": cannot be made: " + error.message());
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error("--out " + folder + ": cannot be written into: " + std::strerror(errno));
}

void write_report(const ModelRun& run, const boost::json::object& document, const std::string& folder) {
  write_file(folder + "/run.json", boost::json::serialize(document) + "\n");
  write_file(folder + "/run.csv", model_run_csv(run));
  write_file(folder + "/run.txt", model_run_text(run));
  write_file(folder + "/report.html", report_html(report_data_of_folder(folder)));
  fmt::print(stderr, "report: {0}/report.html   also {0}/run.txt, run.csv, run.json\n", folder);
}

/// FILE with what it shows before its ending.
std::string timeline_name(const std::string& file, const Point& p, const std::string& what) {
  const std::filesystem::path path(file);
  std::string name = fmt::format("{}-{}-{}-{}-{}-{}{}", path.stem().string(), p.gpu, what, p.shape.n,
                                 p.kernel, p.design, path.extension().string());
  std::replace(name.begin(), name.end(), '/', '_');  // descriptions named by path
  return (path.parent_path() / name).string();
}

/// One file a GEMM: FILE itself for a single one, else FILE with what it shows before its ending.
void write_timelines(const ModelRun& run, const std::string& file) {
  InputCache cache;
  for (const ModelRunRow& row : run.rows) {
    const Point& p = row.point;
    const std::string name = run.rows.size() == 1 ? file : timeline_name(file, p, p.layer);
    simulate(p, cache.inputs(p), name);
  }
  fmt::print(stderr, "timelines: {} files at {}\n", run.rows.size(), file);
}

/// With --step: one file a step, named like the GEMMs' with the workload for the layer.
void write_step_timelines(const ModelRun& run, const std::string& file) {
  std::set<std::string> written;
  for (const ModelRunRow& row : run.rows) {
    const Point& p = row.point;
    const std::string name = run.steps.size() == 1 ? file : timeline_name(file, p, p.workload);
    if (!written.insert(name).second) continue;  // another layer of a step
    for (const std::string& workload : run.spec.workloads) {
      if (sim::load_workload(workload).name == p.workload) write_step_timeline(run.spec, workload, row, name);
    }
  }
  fmt::print(stderr, "timelines: {} files at {}\n", written.size(), file);
}

void execute(RunArguments& arguments) {
  arguments.spec.split = arguments.simulation.split;
  arguments.spec.exact = arguments.simulation.exact;
  if (!arguments.out.empty()) make_folder(arguments.out);
  const ModelRun run = run_models(arguments.spec);
  const boost::json::object document = model_run_json(run);
  if (arguments.json) {
    print_json(document);
  } else {
    fmt::print("{}", model_run_text(run));
  }
  if (!arguments.timeline.empty())
    (run.spec.step ? write_step_timelines : write_timelines)(run, arguments.timeline);
  if (!arguments.out.empty()) write_report(run, document, arguments.out);
}

}  // namespace

void add_run_command(CLI::App& app, Outcome&) {
  auto* command =
      app.add_subcommand("run", "Simulate the linear layers of whole models, kernel beside kernel");
  auto arguments = std::make_shared<RunArguments>();
  ModelRunSpec& spec = arguments->spec;
  command->add_option("workload", spec.workloads, "models, by name (fp6sim list workloads) or JSON file")
      ->capture_default_str();
  command->add_option("--gpu", spec.gpus, "GPUs, by name or JSON file")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--kernel", spec.kernels, "kernels, by name or JSON file")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--design", spec.designs, "where weights are expanded, by name or JSON file")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--batch", spec.batches, "tokens a step")
      ->delimiter(',')
      ->check(batch_range())
      ->capture_default_str();
  add_l2_options(*command, spec.warm_l2);
  command->add_flag("--step", spec.step,
                    "simulate whole decode steps: all layers one after the other, the L2's content carried "
                    "along, after a step before it (--cold-l2: the first step)");
  add_simulation_options(*command, arguments->simulation);
  command->add_option("--jobs", spec.jobs, "worker processes (default: one a processor)")
      ->check(CLI::Range(1, 4096));
  command->add_option("--out", arguments->out,
                      "write run.json, run.csv, run.txt and report.html into this folder");
  command->add_option(
      "--timeline", arguments->timeline,
      "write a timeline of each GEMM for Perfetto or chrome://tracing (several: FILE-<what>.json)");
  command->add_flag("--json", arguments->json, "one JSON document on standard output (docs/json.md)");
  command->footer(
      "Times are of one GEMM with its weights in DRAM. Speedups are over cublas-fp16 on the same GPU.\n"
      "  fp6sim run                                     LLaMA-65B on A100 and H100: FP16, INT4 g128, FP6\n"
      "  fp6sim run opt-30b --gpu h200 --batch 1,64     another model, another GPU\n"
      "  fp6sim run --kernel w6a16 --design simt,smem   what a hardware unit buys\n"
      "  fp6sim run llama-13b --step --batch 1,8        tokens a second of its linear layers");
  command->callback([arguments, command] {
    arguments->spec.first_step = command->count("--cold-l2") > 0;
    execute(*arguments);
  });
}

}  // namespace fp6sim::app
