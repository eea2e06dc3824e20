#include "tools/gpu_bench/check.h"

#include <cstdio>
#include <cstdlib>

#include "app/verify/replay.h"
#include "emu/error.h"
#include "kernels/gpu_run.h"
#include "kernels/problem.h"

namespace fp6sim::bench {
namespace {

using kernels::Path;

constexpr int kRuns = 3;

emu::Architecture architecture_of(const kernels::Gpu& gpu) {
  const int capability = gpu.compute_capability;
  return capability >= 100  ? emu::Architecture::kBlackwell
         : capability >= 90 ? emu::Architecture::kHopper
         : capability == 89 ? emu::Architecture::kAda
                            : emu::Architecture::kAmpere;
}

void require_ok(const kernels::Status& status) {
  if (!status.ok()) throw Error(status.message);
}

/// Room for a route's operands to pass check(): the device has a workspace of its own.
struct Workspace {
  explicit Workspace(std::size_t bytes)
      : size(bytes), start(bytes == 0 ? nullptr : std::aligned_alloc(256, (bytes + 255) / 256 * 256)) {}
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { std::free(start); }
  std::size_t size;
  void* start;
};

std::string difference(const kernels::HostProblem& problem, Path path, std::size_t at,
                       std::uint16_t expected) {
  const auto m = static_cast<std::size_t>(problem.shape.m);
  char text[240];
  std::snprintf(
      text, sizeof text,
      "path %s, m %lld k %lld n %lld, batch tile %d, %d splits: output row %zu token %zu is 0x%04X, emu "
      "has 0x%04X",
      std::string(path_name(path)).c_str(), static_cast<long long>(problem.shape.m),
      static_cast<long long>(problem.shape.k), static_cast<long long>(problem.shape.n), problem.plan.tile_n,
      problem.plan.splits, at % m, at / m, problem.y[at], expected);
  return text;
}

/// One shape by one path; adds to `checked`.
void check_shape(const kernels::KernelSpec& spec, const kernels::GemmShape& shape, const kernels::Gpu& gpu,
                 Path path, Checked& checked) {
  kernels::RouteArguments arguments;
  kernels::RouteOptions options;
  options.path = path;
  options.splits =
      path == Path::kFused ? 0 : 1;  // the dense kernel's bits are those of a K that is not split
  require_ok(choose_route(spec, shape, gpu, options, arguments.route));
  kernels::HostProblem problem(spec, shape, arguments.route.plan, 17);
  const Workspace workspace(workspace_bytes(arguments.route));
  arguments.operands = problem.arguments();
  arguments.operands.workspace = workspace.start;
  arguments.operands.workspace_bytes = workspace.size;
  const auto expected = app::replay(problem, architecture_of(gpu));
  for (int run = 0; run < kRuns && checked.difference.empty(); ++run) {
    require_ok(run_on_gpu(arguments));
    checked.outputs += static_cast<std::int64_t>(expected.size());
    for (std::size_t i = 0; i < expected.size() && checked.difference.empty(); ++i) {
      if (expected[i] == problem.y[i]) continue;
      checked.difference = difference(problem, path, i, expected[i]) + ", in run " + std::to_string(run + 1);
    }
  }
}

}  // namespace

Checked check_on_gpu(const kernels::KernelSpec& spec, CheckPart part, const kernels::Gpu& gpu) {
  // One row tile and several, ragged and full, each batch tile, one split and several, rows of x that are not
  // 16-byte aligned, and one shape that fills the GPU.
  static const std::vector<kernels::GemmShape> kShapes[] = {
      {{1024, 2048, 8}, {300, 640, 1}, {257, 1152, 13}, {64, 129, 3}, {512, 512, 31}, {2048, 4096, 16}},
      {{513, 384, 64}, {256, 640, 100}, {256, 256, 130}, {320, 203, 77}, {200, 1000, 40}, {2048, 1024, 128}},
      {{300, 200, 9}, {256, 384, 130}, {129, 77, 20}}};
  Checked checked;
  for (kernels::GemmShape shape : kShapes[static_cast<std::size_t>(part)]) {
    if (spec.group != 0) shape.k = (shape.k + spec.group - 1) / spec.group * spec.group;
    const Path path = part == CheckPart::kDense ? Path::kDense : Path::kFused;
    if (checked.difference.empty()) check_shape(spec, shape, gpu, path, checked);
  }
  return checked;
}

}  // namespace fp6sim::bench
