#include "kernels/host_run.h"

#include <algorithm>
#include <cassert>

#include "emu/error.h"
#include "kernels/gemm/bind.h"
#include "kernels/gemm/instances.cuh"
#include "kernels/gemm/registers.h"

namespace fp6sim::kernels {

std::vector<simt::Buffer> packed_parts(const void* packed, const PackedLayout& layout) {
  struct Part {
    const char* name;
    std::size_t start;
  };
  std::vector<Part> parts{{"wide segments", layout.wide},
                          {"narrow segments", layout.narrow},
                          {"scales", layout.scales},
                          {"zero points", layout.zeros}};
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.start < b.start; });
  std::vector<simt::Buffer> buffers;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i + 1 < parts.size() ? parts[i + 1].start : layout.bytes;
    if (end == parts[i].start) continue;  // the format has no such part
    buffers.push_back(simt::read_only(parts[i].name, static_cast<const std::byte*>(packed) + parts[i].start,
                                      end - parts[i].start));
  }
  return buffers;
}

simt::LaunchConfig launch_config(const GemmArguments& arguments, const HostRun& run) {
  const Plan& plan = arguments.plan;
  PackedLayout layout;
  packed_layout(arguments.spec, arguments.shape.m, arguments.shape.k, layout);
  const auto elements = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
  };
  simt::LaunchConfig config;
  config.kernel_name = kernel_name(arguments.spec);
  config.grid = {static_cast<unsigned>(plan.m_tiles * plan.n_tiles), static_cast<unsigned>(plan.splits), 1};
  config.block = {static_cast<unsigned>(plan.threads), 1, 1};
  config.dynamic_shared_bytes = plan.shared_bytes;
  config.registers_per_thread = registers_per_thread(plan.generation, plan.tile_n);
  config.architecture = run.architecture;
  if (plan.generation == Generation::kWarpgroup) {
    config.registers_per_thread = 168;  // a third of an SM's each: what three warpgroups start with
  }
  config.recorder = run.recorder;
  config.workers = run.workers;
  config.check_races = run.check_races;
  config.buffers = packed_parts(arguments.packed, layout);
  for (const auto& buffer :
       {simt::read_only("activations", arguments.x, elements(arguments.shape.n, arguments.shape.k)),
        simt::read_write("output", arguments.y, elements(arguments.shape.n, arguments.shape.m))}) {
    config.buffers.push_back(buffer);
  }
  if (workspace_bytes(plan) != 0) {
    auto* workspace = static_cast<std::byte*>(arguments.workspace);
    const std::size_t counters = counter_bytes(plan);
    config.buffers.push_back(simt::read_write("counters", workspace, counters));
    config.buffers.push_back(
        simt::read_write("partial sums", workspace + counters, workspace_bytes(plan) - counters));
  }
  return config;
}

simt::LaunchStatistics run_on_host(const GemmArguments& arguments, const HostRun& run) {
  if (const Status status = check(arguments); !status.ok()) throw Error(status.message);
  const Instance* instance = find_instance(arguments.spec, arguments.plan.generation, arguments.plan.tile_n);
  assert(instance != nullptr && "choose_plan() only names compiled kernels");
  Target target{launch_config(arguments, run), {}};
  const simt::LaunchConfig& config = target.config;
  instance->launch(bind(arguments),
                   {config.grid.x, config.grid.y, config.block.x, config.dynamic_shared_bytes}, target);
  return target.statistics;
}

}  // namespace fp6sim::kernels
