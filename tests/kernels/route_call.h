// A call by a route other than the fused kernel's own, for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "emu/error.h"
#include "kernels/problem.h"
#include "kernels/route.h"

namespace fp6sim::kernels {

inline Gpu a100() {
  return {80, 108, 164 * 1024, 163 * 1024};
}
inline Gpu h100() {
  return {90, 132, 228 * 1024, 227 * 1024};
}

inline RouteOptions by(Path path) {
  RouteOptions options;
  options.path = path;
  options.cublas = path == Path::kCublas;
  return options;
}

/// A problem with a route and a workspace of exactly its size, filled with NaN.
struct Call {
  Call(const KernelSpec& spec, const GemmShape& shape, Path path, const Gpu& gpu = a100()) {
    const Status status = choose_route(spec, shape, gpu, by(path), arguments.route);
    if (!status.ok()) throw Error(status.message);
    Plan unsplit;
    choose_plan(spec, shape, gpu, unsplit, 1);
    problem.emplace(spec, shape, path == Path::kFused ? arguments.route.plan : unsplit, 11);
    arguments.operands = problem->arguments();
    bytes = workspace_bytes(arguments.route);
    workspace.reset(static_cast<std::uint16_t*>(std::aligned_alloc(256, (bytes + 255) / 256 * 256)));
    std::fill_n(workspace.get(), bytes / 2, path == Path::kFused ? 0 : 0x7FFF);
    arguments.operands.workspace = workspace.get();
    arguments.operands.workspace_bytes = bytes;
  }
  struct Free {
    void operator()(std::uint16_t* at) const { std::free(at); }
  };
  RouteArguments arguments;
  std::optional<HostProblem> problem;
  std::unique_ptr<std::uint16_t, Free> workspace;
  std::size_t bytes = 0;
};

}  // namespace fp6sim::kernels
