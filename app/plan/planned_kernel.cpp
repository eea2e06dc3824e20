#include "app/plan/planned_kernel.h"

#include <fmt/core.h>

#include "app/plan/kernel_gpu.h"
#include "kernels/gemm.h"
#include "kernels/gemm/registers.h"
#include "sim/kernel/choose_tile.h"

namespace fp6sim::app {
namespace {

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

std::string apply_plan(const std::string& name, const std::string& split, const sim::GemmShape& shape,
                       const sim::GpuDescription& gpu, const sim::DesignDescription& design,
                       sim::KernelDescription& kernel) {
  if (gpu.architecture == "volta") return {};
  const kernels::KernelSpec* spec = compiled(name, split);
  if (spec == nullptr) return {};
  kernels::Plan plan;
  if (!kernels::choose_plan(*spec, {shape.m, shape.k, shape.n}, kernel_gpu(gpu), plan).ok()) return {};
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

}  // namespace fp6sim::app
