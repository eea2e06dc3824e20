#include <cstdio>

#include "app/verify/replay.h"
#include "emu/error.h"
#include "kernels/gpu_run.h"
#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

std::int64_t check_kernels(const Machine& machine, const std::vector<kernels::KernelSpec>& specs) {
  const int capability = machine.limits.compute_capability;
  const auto architecture = capability >= 100  ? emu::Architecture::kBlackwell
                            : capability >= 90 ? emu::Architecture::kHopper
                            : capability == 89 ? emu::Architecture::kAda
                                               : emu::Architecture::kAmpere;
  // One row tile and several, ragged and full, each batch tile, one split and several, odd k.
  const kernels::GemmShape shapes[] = {{1024, 2048, 8}, {300, 640, 1},  {257, 1152, 13}, {64, 129, 3},
                                       {512, 512, 31},  {513, 384, 64}, {256, 640, 100}, {256, 256, 130}};
  std::int64_t compared = 0;
  for (const kernels::KernelSpec& spec : specs) {
    for (kernels::GemmShape shape : shapes) {
      if (spec.group != 0) shape.k = (shape.k + spec.group - 1) / spec.group * spec.group;
      kernels::Plan plan;
      if (const auto status = choose_plan(spec, shape, machine.limits, plan); !status.ok())
        throw Error(status.message);
      kernels::HostProblem problem(spec, shape, plan, 17);
      if (const auto status = run_on_gpu(problem.arguments()); !status.ok()) throw Error(status.message);
      const auto expected = app::replay(problem, architecture);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i] == problem.y[i]) continue;
        char text[200];
        std::snprintf(text, sizeof text,
                      "%s %s, m %lld k %lld n %lld: output row %zu token %zu is 0x%04X, emu has 0x%04X",
                      kernel_name(spec).c_str(), std::string(emu::name(spec.split)).c_str(),
                      static_cast<long long>(shape.m), static_cast<long long>(shape.k),
                      static_cast<long long>(shape.n), i % static_cast<std::size_t>(shape.m),
                      i / static_cast<std::size_t>(shape.m), problem.y[i], expected[i]);
        throw Error(text);
      }
      compared += static_cast<std::int64_t>(expected.size());
    }
  }
  return compared;
}

}  // namespace fp6sim::bench
