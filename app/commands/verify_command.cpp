// fp6sim verify: kernels on the CPU = emu's replay (= RTL unit, = GPU), bit for bit.
#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/verify/kernel_check.h"
#include "emu/error.h"
#include "kernels/gpu_run.h"
#include "kernels/route_host.h"
#ifdef FP6SIM_APP_RTL
#include "app/rtl/verify_unit.h"
#include "app/verify/rtl_replay.h"
#include "emu/names.h"
#include "rtl/model/dequant_unit.h"
#endif

namespace fp6sim::app {
namespace {

struct VerifyArguments {
  std::string kernel, split, activation = "fp16", architecture = "ampere", wave, rtl_model = "l32d2",
                             path = "fused";
  kernels::GemmShape shape{264, 256, 9};
  int split_k = 0;
  std::uint64_t seed = 1;
  bool rtl = false, gpu_run = false, json = false;
};

kernels::Activation activation_by_name(const std::string& name) {
  if (name == "fp16") return kernels::Activation::kFp16;
  if (name == "bf16") return kernels::Activation::kBf16;
  throw Error("activation '" + name + "': fp16 or bf16");
}

/// The kernels to check: one by name, or every one that is compiled.
std::vector<kernels::KernelSpec> specs_of(const VerifyArguments& arguments) {
  if (!arguments.kernel.empty()) {
    return {
        kernels::kernel_by_name(arguments.kernel, arguments.split, activation_by_name(arguments.activation))};
  }
  if (!arguments.split.empty()) throw Error("verify --split needs --kernel");
  if (arguments.activation != "fp16")
    throw Error("verify --activation needs --kernel: without it, both are run");
  return {kernels::kernel_specs().begin(), kernels::kernel_specs().end()};
}

kernels::Path path_by_name(const std::string& name) {
  if (name == "fused") return kernels::Path::kFused;
  if (name == "dense") return kernels::Path::kDense;
  throw Error("path '" + name + "': fused or dense (cuBLAS sums in an order of its own)");
}

/// Runs `run` on the problem's operands by --path, with a workspace of the route's size.
template <class Run>
void run_route(const VerifyArguments& arguments, const kernels::Gpu& gpu, kernels::HostProblem& problem,
               const Run& run) {
  kernels::RouteArguments call;
  kernels::RouteOptions options;
  options.path = path_by_name(arguments.path);
  options.splits = problem.plan.splits;
  const auto status = kernels::choose_route(problem.spec, problem.shape, gpu, options, call.route);
  if (!status.ok()) throw Error(status.message);
  struct alignas(256) Line {
    std::byte bytes[256];
  };
  std::vector<Line> workspace((kernels::workspace_bytes(call.route) + sizeof(Line) - 1) / sizeof(Line));
  call.operands = problem.arguments();
  call.operands.workspace = workspace.empty() ? nullptr : workspace.data();
  call.operands.workspace_bytes = workspace.size() * sizeof(Line);
  run(call);
}

/// What the chooser is told: the GPU of --gpu-run, else a typical one of the architecture.
kernels::Gpu gpu_of(const VerifyArguments& arguments, std::string& gpu_name) {
  kernels::Gpu gpu;
  if (arguments.gpu_run) {
    if (const auto status = kernels::query_gpu(gpu, gpu_name); !status.ok()) {
      throw Error("verify --gpu-run: " + status.message);
    }
    return gpu;
  }
  const emu::Architecture architecture = emu::architecture_by_name(arguments.architecture);
  if (architecture == emu::Architecture::kVolta || architecture == emu::Architecture::kTuring) {
    throw Error("verify --arch " + arguments.architecture +
                ": the kernels need ampere, ada, hopper or blackwell");
  }
  switch (architecture) {
    case emu::Architecture::kHopper:
      return kernels::Gpu{90, 132, 228 * 1024, 227 * 1024};
    case emu::Architecture::kBlackwell:
      return kernels::Gpu{100, 148, 228 * 1024, 227 * 1024};
    default:
      return gpu;
  }
}

std::string architecture_of(const VerifyArguments& arguments, const kernels::Gpu& gpu) {
  if (!arguments.gpu_run) return arguments.architecture;
  const int capability = gpu.compute_capability;
  return capability >= 100 ? "blackwell" : capability >= 90 ? "hopper" : capability == 89 ? "ada" : "ampere";
}

boost::json::object to_json(const Mismatch& at) {
  return {{"row", at.row},
          {"token", at.token},
          {"expected_bits", fmt::format("{:04x}", at.expected)},
          {"got_bits", fmt::format("{:04x}", at.got)},
          {"expected", at.expected_value},
          {"got", at.got_value},
          {"m_tile", at.m_tile},
          {"n_tile", at.n_tile},
          {"split_k", at.split},
          {"k_tile", at.k_tile},
          {"stage", at.stage},
          {"k_step", at.k_step}};
}

struct Totals {
  std::int64_t compared = 0, mismatches = 0;
};

/// The same GEMM with the weights the RTL unit gives: the kernel's outputs once more.
void check_rtl_replay([[maybe_unused]] const kernels::HostProblem& problem,
                      [[maybe_unused]] const std::string& architecture,
                      [[maybe_unused]] boost::json::object& row, [[maybe_unused]] Totals& totals) {
#ifdef FP6SIM_APP_RTL
  const RtlReplay rtl = rtl_replay(problem, emu::architecture_by_name(architecture));
  totals.compared += rtl.weights + rtl.outputs;
  totals.mismatches += rtl.weight_mismatches + rtl.output_mismatches;
  row["rtl"] = {{"weights", rtl.weights},
                {"weight_mismatches", rtl.weight_mismatches},
                {"outputs", rtl.outputs},
                {"output_mismatches", rtl.output_mismatches},
                {"first_mismatch", rtl.first}};
  fmt::print(stderr, "  through the RTL: {} weights, {} mismatches; {} outputs of that GEMM, {} mismatches\n",
             rtl.weights, rtl.weight_mismatches, rtl.outputs, rtl.output_mismatches);
  if (!rtl.first.empty()) fmt::print(stderr, "  {}\n", rtl.first);
#endif
}

/// Checks one kernel with `run` and writes a line or an object about it.
void check_one(const VerifyArguments& arguments, const kernels::KernelSpec& spec,
               const std::string& architecture, const kernels::Gpu& gpu, std::string_view where,
               const RunKernel& run, boost::json::array& rows, Totals& totals) {
  kernels::GemmShape shape = arguments.shape;
  if (arguments.kernel.empty() && spec.group != 0) {
    shape.k = (shape.k + spec.group - 1) / spec.group * spec.group;  // all kernels: each at a k it can take
  }
  kernels::Plan plan;
  // The dense path's bits are those of a K that is not split.
  const int splits = path_by_name(arguments.path) == kernels::Path::kDense ? 1 : arguments.split_k;
  if (const auto status = kernels::choose_plan(spec, shape, gpu, plan, splits); !status.ok()) {
    throw Error(status.message);
  }
  kernels::HostProblem problem(spec, shape, plan, arguments.seed);
  const KernelCheck check = check_kernel(problem, emu::architecture_by_name(architecture), run);
  totals.compared += check.compared;
  totals.mismatches += check.mismatches;
  boost::json::object row{{"kernel", kernels::kernel_name(spec)},
                          {"split", emu::name(spec.split)},
                          {"activation", spec.activation == kernels::Activation::kFp16 ? "fp16" : "bf16"},
                          {"arch", architecture},
                          {"where", where},
                          {"m", shape.m},
                          {"k", shape.k},
                          {"n", shape.n},
                          {"path", arguments.path},
                          {"split_k", plan.splits},
                          {"compared", check.compared},
                          {"mismatches", check.mismatches}};
  fmt::print(stderr, "{:<16} {:<8} {} {} {}: {} outputs, {} mismatches\n", kernels::kernel_name(spec),
             emu::name(spec.split), row.at("activation").as_string().c_str(), architecture, where,
             check.compared, check.mismatches);
  if (arguments.rtl && where == "cpu") check_rtl_replay(problem, architecture, row, totals);
  if (check.first) {
    fmt::print(stderr, "  {}\n", describe(*check.first));
    row["first"] = to_json(*check.first);
  }
  rows.push_back(std::move(row));
}

void check_kernels(const VerifyArguments& arguments, boost::json::object& document, Totals& totals) {
  std::string gpu_name;
  const kernels::Gpu gpu = gpu_of(arguments, gpu_name);
  const std::string architecture = architecture_of(arguments, gpu);
  boost::json::array rows;
  for (const kernels::KernelSpec& spec : specs_of(arguments)) {
    check_one(
        arguments, spec, architecture, gpu, "cpu",
        [&](kernels::HostProblem& problem) {
          kernels::HostRun run;
          run.architecture = architecture;
          run_route(arguments, gpu, problem,
                    [&](const kernels::RouteArguments& call) { kernels::run_on_host(call, run); });
        },
        rows, totals);
    if (!arguments.gpu_run) continue;
    check_one(
        arguments, spec, architecture, gpu, gpu_name,
        [&](kernels::HostProblem& problem) {
          run_route(arguments, gpu, problem, [](const kernels::RouteArguments& call) {
            if (const auto status = kernels::run_on_gpu(call); !status.ok())
              throw Error("verify --gpu-run: " + status.message);
          });
        },
        rows, totals);
  }
  document["kernels"] = std::move(rows);
}

/// The RTL unit against emu's dequantisation: every code x every scale of every format.
void check_rtl(const VerifyArguments& arguments, boost::json::object& document, Totals& totals) {
#ifdef FP6SIM_APP_RTL
  rtl::VerifyOptions options;
  options.model = arguments.rtl_model;
  options.seed = arguments.seed;
  options.wave_path = arguments.wave;
  const rtl::VerifyResult result = rtl::verify_unit(options);
  totals.compared += static_cast<std::int64_t>(result.compared);
  totals.mismatches += static_cast<std::int64_t>(result.mismatches);
  document["rtl"] = {{"model", result.model},
                     {"compared", result.compared},
                     {"mismatches", result.mismatches},
                     {"beats", result.beats},
                     {"cycles", result.cycles},
                     {"coverage", result.coverage},
                     {"coverage_complete", result.coverage_complete},
                     {"first_mismatch", result.first_mismatch}};
  fmt::print(stderr, "rtl {}: {} results over {} cycles, {} mismatches; {}\n", result.model, result.compared,
             result.cycles, result.mismatches, result.coverage);
  if (!result.first_mismatch.empty()) fmt::print(stderr, "  {}\n", result.first_mismatch);
#else
  (void)arguments, (void)document, (void)totals;
  throw Error("verify --rtl: this build has no RTL model; install Verilator and configure again");
#endif
}

void run(const VerifyArguments& arguments, Outcome& outcome) {
  if (!arguments.wave.empty() && !arguments.rtl) throw Error("verify --wave needs --rtl");
#ifdef FP6SIM_APP_RTL
  find_by_name("RTL model", arguments.rtl_model, rtl::unit_models(),  // before the kernels run for minutes
               [](const rtl::UnitParameters& row) { return row.name; });
#endif
  boost::json::object document;
  Totals totals;
  check_kernels(arguments, document, totals);
  if (arguments.rtl) check_rtl(arguments, document, totals);
  document["compared"] = totals.compared;
  document["mismatches"] = totals.mismatches;
  if (arguments.json) {
    std::cout << boost::json::serialize(document) << std::endl;
  } else {
    fmt::print(
        "{} values compared, {} mismatches: {}\n", totals.compared, totals.mismatches,
        !arguments.rtl ? "kernels on the CPU = emu's replay"
        : arguments.wave.empty()
            ? "kernels on the CPU = emu's replay = GEMM of RTL-dequantised weights; RTL unit = emu on every "
              "code x scale of every format"
            : "kernels on the CPU = emu's replay = GEMM of RTL-dequantised weights; RTL unit = emu on a "
              "short "
              "run with waves");
  }
  if (totals.mismatches != 0) outcome.exit_code = 1;
}

}  // namespace

void add_verify_command(CLI::App& app, Outcome& outcome) {
  auto* command = app.add_subcommand(
      "verify", "Kernels run on the CPU against emu's replay (and the RTL unit, and a GPU), bit for bit");
  static VerifyArguments arguments;
  auto* rtl = command->add_flag(
      "--rtl", arguments.rtl,
      "Judge the Verilated dequantisation unit too: every code x every scale, and each kernel's GEMM with "
      "the weights it gives");
  command->add_option("--rtl-model", arguments.rtl_model, "Which unit")->needs(rtl)->capture_default_str();
  command->add_option("--wave", arguments.wave, "With --rtl: a short run's waves, as FST");
  command->add_option("--kernel", arguments.kernel,
                      "One of ours: w6a16, w4a16-g128, ...; default all of them");
  command->add_option("--split", arguments.split, "Of --kernel; default its fastest");
  command->add_option("--activation", arguments.activation, "Of --kernel: fp16 or bf16")
      ->capture_default_str();
  command->add_option("--m", arguments.shape.m, "Output features")->capture_default_str();
  command->add_option("--k", arguments.shape.k, "Input features")->capture_default_str();
  command->add_option("--n", arguments.shape.n, "Batch")->capture_default_str();
  command->add_option("--split-k", arguments.split_k, "CTAs that share a tile's K; 0: the chooser decides");
  command
      ->add_option("--path", arguments.path, "fused, or dense: dequantised to memory, then the dense kernel")
      ->capture_default_str();
  command->add_option("--arch", arguments.architecture, "Whose tensor core: ampere, ada, hopper, blackwell")
      ->capture_default_str();
  command->add_option("--seed", arguments.seed, "Of the random weights and activations")
      ->capture_default_str();
  command->add_flag("--gpu-run", arguments.gpu_run, "Run on this machine's GPU as well");
  command->add_flag("--json", arguments.json, "One JSON document on standard output");
  command->callback([&outcome] { run(arguments, outcome); });
}

}  // namespace fp6sim::app
