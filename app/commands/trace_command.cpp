// fp6sim trace: records a kernel's trace from its CUDA source, imports other people's, shows what a trace
// holds.
#include <fmt/core.h>

#include <boost/json/serialize.hpp>
#include <cstdint>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/options.h"
#include "app/plan/described_plan.h"
#include "app/plan/kernel_counts.h"
#include "app/plan/kernel_gpu.h"
#include "emu/error.h"
#include "emu/trace/accelsim.h"
#include "emu/trace/dump.h"
#include "emu/trace/reader.h"
#include "emu/trace/writer.h"
#include "kernels/gemm.h"
#include "kernels/host_run.h"
#include "sim/description/gpu_description.h"

namespace fp6sim::app {
namespace {

struct TraceOptions {
  std::string kernel, gpu = "a100-sxm-40g", split, output, dump_path, import_path, describe_path, count_name;
  std::int64_t m = 0, k = 0, n = 0;
  int split_k = 0;
  unsigned workers = 0;
  std::uint64_t seed = 1;
  std::optional<std::uint32_t> class_id, warp;
};

/// A writer that says in the file what was asked for.
class LabelledWriter : public trace::Writer {
 public:
  LabelledWriter(const std::string& path, std::string label) : Writer(path), label_(std::move(label)) {}
  void begin_launch(const trace::LaunchInfo& info) override {
    trace::LaunchInfo labelled = info;
    labelled.origin = label_;
    Writer::begin_launch(labelled);
  }

 private:
  std::string label_;
};

void record(const TraceOptions& options) {
  if (options.kernel.empty() || options.output.empty()) {
    throw Error(
        "trace: --kernel with --m --k --n and -o FILE records; --import FILE -o FILE imports; --dump FILE "
        "shows");
  }
  const sim::GpuDescription description = sim::load_gpu(options.gpu);
  const kernels::Gpu gpu = kernel_gpu(description);
  const kernels::KernelSpec spec = kernels::kernel_by_name(options.kernel, options.split);
  const kernels::GemmShape shape{options.m, options.k, options.n};
  kernels::Plan plan;
  if (const auto status = kernels::choose_plan(spec, shape, gpu, plan, options.split_k); !status.ok()) {
    throw Error(status.message);
  }
  kernels::HostProblem problem(spec, shape, plan, options.seed);
  LabelledWriter writer(
      options.output, fmt::format("recorded: {} {} m {} k {} n {} for {}", options.kernel,
                                  emu::name(spec.split), options.m, options.k, options.n, description.name));
  kernels::HostRun run;
  run.architecture = description.architecture;
  run.recorder = &writer;
  // Which CTA finds its partners' partial sums ready decides who adds them: one at a time, that is the last.
  run.workers = plan.splits > 1 ? 1 : options.workers;
  const simt::LaunchStatistics statistics = kernels::run_on_host(problem.arguments(), run);
  writer.finish();
  const trace::Reader reader(options.output);
  fmt::print(stderr, "{}: {} CTAs in {} classes, {} mma steps\n", options.output, statistics.ctas,
             reader.launches().front().classes, statistics.mma_steps);
  if (options.describe_path.empty()) return;
  write_file(options.describe_path,
             boost::json::serialize(described_plan(options.kernel, shape, plan, spec)) + "\n");
}

void record_or_refuse(const TraceOptions& options) {
  try {
    record(options);
  } catch (const std::bad_alloc&) {
    throw Error(fmt::format("trace: {} x {} weights and a batch of {} do not fit this machine's memory",
                            options.m, options.k, options.n));
  }
}

void import(const TraceOptions& options) {
  if (options.output.empty()) throw Error("trace: --import needs -o FILE");
  trace::Writer writer(options.output);
  trace::import_accelsim(options.import_path, writer);
  writer.finish();
  const trace::Reader written(options.output);
  for (const trace::LaunchInfo& launch : written.launches()) {
    fmt::print(stderr, "{}: {}: {} CTAs in {} classes\n", options.output, launch.kernel, launch.grid.count(),
               launch.classes);
  }
}

}  // namespace

void add_trace_command(CLI::App& app, Outcome&) {
  auto* command =
      app.add_subcommand("trace", "Record a kernel's trace from its CUDA source, import one, or show one");
  static TraceOptions options;
  command->add_option("--kernel", options.kernel, "A kernel of ours: w6a16, w4a16-g128, ...");
  command->add_option("--m", options.m, "Output features");
  command->add_option("--k", options.k, "Input features");
  command->add_option("--n", options.n, "Batch");
  command->add_option("--gpu", options.gpu, "Whose tile choice and tensor core")->capture_default_str();
  command->add_option("--split", options.split, "Packing: 4+2, 2+4, 4+2-byte; default the fastest");
  command->add_option("--split-k", options.split_k,
                      "CTAs that share a tile's K; 0 lets the kernel's chooser decide");
  command->add_option("--seed", options.seed, "Of the random weights and activations");
  command->add_option("--workers", options.workers, "CTAs run at a time; 0: one per core");
  command->add_option("-o,--out", options.output, "The trace to write");
  command->add_option("--describe", options.describe_path,
                      "Also write the launch as a kernel description: gemm --kernel FILE simulates it");
  command->add_option("--import", options.import_path,
                      "An Accel-Sim kernelslist.g or .traceg[.xz] to convert");
  command->add_option("--count", options.count_name,
                      "Print what the recorder counts of this kernel of ours, every form, as JSON "
                      "(tools/kernel_counts.py keeps it in sim/kernels)");
  auto* dump = command->add_option("--dump", options.dump_path, "Show a trace instead of recording one");
  command->add_option("--class", options.class_id, "With --dump: the events of this class")->needs(dump);
  command->add_option("--warp", options.warp, "With --class: of this warp only")->needs(dump);
  command->callback([] {
    if (!options.import_path.empty()) return import(options);
    if (!options.count_name.empty()) return print_json(kernel_counts(options.count_name));
    if (options.dump_path.empty()) return record_or_refuse(options);
    trace::dump(trace::Reader(options.dump_path), std::cout, {options.class_id, options.warp});
  });
}

}  // namespace fp6sim::app
