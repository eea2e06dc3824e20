#include "app/point/planned_kernel.h"

#include <fmt/core.h>

#ifdef FP6SIM_APP_TRACES
#include "app/kernel_gpu.h"
#include "kernels/gemm.h"
#include "kernels/gemm/registers.h"
#include "sim/kernel/choose_tile.h"
#endif

namespace fp6sim::app {

#ifdef FP6SIM_APP_TRACES
namespace {

bool overrides_choice(const Point& point) {
  for (const auto& [path, value] : point.overrides) {
    const std::string_view whole(path.data(), path.size());
    if (whole.starts_with("kernel.tile") || whole.starts_with("kernel.split_k")) return true;
  }
  return false;
}

const kernels::KernelSpec* compiled(const std::string& name, const std::string& split) {
  for (const kernels::KernelSpec& spec : kernels::kernel_specs()) {
    if (spec.activation != kernels::Activation::kFp16 || kernels::kernel_name(spec) != name) continue;
    const bool wanted =
        split.empty() ? spec == kernels::kernel_by_name(name) : emu::name(spec.split) == split;
    if (wanted) return &spec;
  }
  return nullptr;
}

}  // namespace

std::string apply_plan(const Point& point, const sim::GpuDescription& gpu,
                       const sim::DesignDescription& design, sim::KernelDescription& kernel) {
  if (gpu.architecture == "volta" || overrides_choice(point)) return {};
  const kernels::KernelSpec* spec = compiled(point.kernel, point.split);
  if (spec == nullptr) return {};
  kernels::Plan plan;
  const kernels::GemmShape shape{point.shape.m, point.shape.k, point.shape.n};
  if (!kernels::choose_plan(*spec, shape, kernel_gpu(gpu), plan).ok()) return {};
  sim::TileOption tile;
  tile.m = plan.tile_m;
  tile.k = plan.tile_k;
  tile.n = plan.tile_n;
  tile.threads = plan.threads;
  tile.stages = plan.stages;
  tile.shared_bytes = static_cast<int>(plan.shared_bytes);
  tile.registers = static_cast<int>(kernels::registers_per_thread(plan.generation, plan.tile_n));
  if (sim::occupancy(gpu, sim::tile_under_design(kernel, design, tile)) == 0) return {};
  kernel.tiles = {tile};
  kernel.tile_rule = sim::TileRule::kCovering;
  kernel.split_rule = sim::SplitRule::kTable;
  kernel.max_split = plan.splits;
  kernel.split_table = {{static_cast<long>(shape.m),
                         static_cast<long>(shape.k),
                         {plan.splits, plan.splits, plan.splits, plan.splits}}};
  kernel.warpgroup_mma = plan.generation == kernels::Generation::kWarpgroup;
  return fmt::format("{}x{}x{} stages {} threads {} registers {} shared {} split {} generation {}", tile.m,
                     tile.k, tile.n, tile.stages, tile.threads, tile.registers, tile.shared_bytes,
                     plan.splits, static_cast<int>(plan.generation));
}
#else
std::string apply_plan(const Point&, const sim::GpuDescription&, const sim::DesignDescription&,
                       sim::KernelDescription&) {
  return {};
}
#endif

}  // namespace fp6sim::app
