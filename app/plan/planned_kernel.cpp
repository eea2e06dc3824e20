#include "app/plan/planned_kernel.h"

#include <fmt/core.h>

#include <numeric>
#include <vector>

#include "app/plan/kernel_gpu.h"
#include "kernels/gemm.h"
#include "kernels/gemm/registers.h"
#include "kernels/gemm/tile.h"
#include "sim/kernel/choose_tile.h"

namespace fp6sim::app {
namespace {

/// The kernel of that name with that split; where none is compiled with it, the kernel's own.
const kernels::KernelSpec* nearest(const sim::KernelDescription& kernel, const std::string& name,
                                   const std::string& split) {
  const auto wanted = kernel.activations == "bf16" ? kernels::Activation::kBf16 : kernels::Activation::kFp16;
  const kernels::KernelSpec* own = nullptr;
  for (const kernels::KernelSpec& spec : kernels::kernel_specs()) {
    if (spec.activation != wanted || kernels::kernel_name(spec) != name) continue;
    if (emu::name(spec.split) == split) return &spec;
    if (own == nullptr) own = &spec;  // the first is the fastest
  }
  return own;
}

}  // namespace

std::string apply_plan(const std::string& name, const std::string& split, const sim::GemmShape& shape,
                       const sim::GpuDescription& gpu, const sim::DesignDescription& design,
                       sim::KernelDescription& kernel) {
  if (gpu.architecture == "volta") return {};
  const int bits = static_cast<int>(kernel.weights.bits);
  const std::string arrangement =
      split.empty() || kernel.weights.split.empty() ? kernel.weights.split : sim::arrangement(bits, split);
  const kernels::KernelSpec* spec = nearest(kernel, name, arrangement);
  if (spec == nullptr) return {};
  kernels::Plan plan;
  if (!kernels::choose_plan(*spec, {shape.m, shape.k, shape.n}, kernel_gpu(gpu), plan).ok()) return {};
  sim::TileOption tile;
  tile.m = plan.tile_m;
  tile.k = plan.tile_k;
  tile.n = plan.tile_n;
  tile.threads = plan.threads;
  tile.copying_threads = plan.threads - 32 * kernels::multiplying_warps(plan.tile_n);
  tile.stages = plan.stages;
  tile.shared_bytes = static_cast<int>(plan.shared_bytes);
  if (!arrangement.empty()) {  // one that is not compiled takes more or less room in every stage
    const std::vector<int> segments = sim::segment_bits(arrangement);
    const int more = std::accumulate(segments.begin(), segments.end(), 0) - bits;
    tile.shared_bytes += plan.stages * plan.tile_m * plan.tile_k * more / 8;
  }
  tile.registers = static_cast<int>(kernels::registers_per_thread(plan.generation, plan.tile_n));
  if (sim::occupancy(gpu, sim::tile_under_design(kernel, design, tile)) == 0) return {};
  kernel.tiles = {tile};
  kernel.tile_rule = sim::TileRule::kCovering;
  kernel.split_rule = sim::SplitRule::kTable;
  kernel.max_split = plan.splits;
  kernel.split_table = {{static_cast<long>(shape.m),
                         static_cast<long>(shape.k),
                         {plan.splits, plan.splits, plan.splits, plan.splits}}};
  kernel.reduction_in_kernel = true;
  kernel.warpgroup_mma = plan.generation == kernels::Generation::kWarpgroup;
  return fmt::format("{}x{}x{} stages {} threads {} registers {} shared {} split {} generation {}", tile.m,
                     tile.k, tile.n, tile.stages, tile.threads, tile.registers, tile.shared_bytes,
                     plan.splits, static_cast<int>(plan.generation));
}

}  // namespace fp6sim::app
