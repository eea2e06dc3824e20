#include <algorithm>

#include "kernels/dense/dense.h"
#include "kernels/gemm/argument_checks.h"
#include "kernels/gemm/tile.h"
#include "kernels/route.h"

namespace fp6sim::kernels {
namespace {

constexpr std::size_t kWorkspaceLine = 256;

/// choose_plan() with the batch tile at most `tile_n`: a limit on shared memory is what it takes.
Status choose_fused(const KernelSpec& spec, const GemmShape& shape, Gpu gpu, const RouteOptions& options,
                    Plan& plan) {
  Status status = choose_plan(spec, shape, gpu, plan, options.splits);
  while (status.ok() && options.tile_n != 0 && plan.tile_n > options.tile_n) {
    gpu.shared_bytes_per_block = plan.shared_bytes - 1;
    status = choose_plan(spec, shape, gpu, plan, options.splits);
  }
  return status;
}

/// Whether the launches of dequantising and of the dense kernel fit their grids.
Status dense_fits(const GemmShape& shape, const Plan& plan) {
  constexpr std::int64_t kMostCtas = 0x7FFFFFFF;
  const std::int64_t row_groups = (shape.m + 63) / 64;
  const std::int64_t tiles =
      ((shape.m + kDenseTileM - 1) / kDenseTileM) * ((shape.n + kDenseTileN - 1) / kDenseTileN);
  if (row_groups * plan.k_tiles <= kMostCtas && tiles <= kMostCtas) return {};
  return {StatusCode::kBadShape, shape_text(shape) + ": more than 2^31 - 1 CTAs to dequantise or multiply"};
}

}  // namespace

std::string_view path_name(Path path) {
  switch (path) {
    case Path::kFused:
      return "fused";
    case Path::kDense:
      return "dense";
    case Path::kCublas:
      return "cublas";
  }
  return "";
}

Status choose_route(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu,
                    const RouteOptions& options, Route& route) {
  if (options.tile_n != 0 &&
      std::find(kBatchTiles.begin(), kBatchTiles.end(), options.tile_n) == kBatchTiles.end()) {
    return {StatusCode::kBadValue,
            "tile_n = " + std::to_string(options.tile_n) + "; 0 (chosen), 8, 16, 32, 64 or 128"};
  }
  if (options.path == Path::kCublas && !options.cublas) {
    return {StatusCode::kBadValue, "path cublas needs a cuBLAS that the caller has opened"};
  }
  route = {};
  if (Status status = choose_fused(spec, shape, gpu, options, route.plan); !status.ok()) return status;
  const Status dense = dense_fits(shape, route.plan);
  const auto possible = [&](Path path) {
    if (options.path) return path == *options.path;
    return path == Path::kFused || (dense.ok() && (path == Path::kDense || options.cublas));
  };
  double best = 0;
  bool found = false;
  for (const Path path : kPaths) {
    if (!possible(path)) continue;
    const double cycles = estimate_cycles(spec, shape, gpu, route.plan, path);
    if (!found || cycles < best) {
      best = cycles;
      route.path = path;
      found = true;
    }
  }
  if (route.path == Path::kFused) return {};
  if (!dense.ok()) return dense;
  route.leading = static_cast<std::int64_t>(emu::round_up(static_cast<std::size_t>(shape.k), 8));
  route.dequantized_bytes = emu::round_up(
      2 * static_cast<std::size_t>(shape.m) * static_cast<std::size_t>(route.leading), kWorkspaceLine);
  return {};
}

std::size_t workspace_bytes(const Route& route) {
  if (route.path == Path::kFused) return workspace_bytes(route.plan);
  return route.dequantized_bytes + (route.path == Path::kCublas ? Cublas::kWorkspaceBytes : 0);
}

Status check(const RouteArguments& arguments) {
  const Route& route = arguments.route;
  GemmArguments operands = arguments.operands;
  operands.plan = route.plan;
  if (route.path == Path::kFused) return check(operands);
  // The other paths have no partial sums: the operands are checked as those of a kernel that does not split
  // K.
  Gpu gpu;
  gpu.compute_capability = capability_for(route.plan.generation);
  gpu.shared_bytes_per_block = route.plan.shared_bytes;
  RouteOptions options;
  options.cublas = route.path == Path::kCublas;
  options.path = route.path;
  options.splits = 1;
  Route expected;
  if (Status status = choose_route(operands.spec, operands.shape, gpu, options, expected); !status.ok())
    return status;
  if (route.leading != expected.leading || route.dequantized_bytes != expected.dequantized_bytes) {
    return {StatusCode::kBadValue, "the route is not choose_route()'s for kernel " +
                                       kernel_name(operands.spec) + " and " + shape_text(operands.shape)};
  }
  operands.plan = expected.plan;
  if (Status status = check(operands); !status.ok()) return status;
  if (route.path == Path::kCublas && arguments.cublas == nullptr) {
    return {StatusCode::kBadPointer, "cublas is null: the route takes it"};
  }
  if (Status status = check_pointer("workspace", operands.workspace, kWorkspaceLine); !status.ok())
    return status;
  return check_bytes("workspace", operands.workspace_bytes, workspace_bytes(route));
}

}  // namespace fp6sim::kernels
