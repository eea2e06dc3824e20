#include "sim/kernel/choose_tile.h"

#include <algorithm>
#include <cmath>

#include "emu/error.h"
#include "sim/kernel/library_choice.h"

namespace fp6sim::sim {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

std::vector<TileOption> tiles_that_fit(const GpuDescription& gpu, const KernelDescription& kernel,
                                       const DesignDescription& design) {
  std::vector<TileOption> fitting;
  std::string limit;
  for (const TileOption& tile : kernel.tiles) {
    if (tile.warpgroup_mma && gpu.sm.warpgroup_tensor_fma == 0) continue;
    const TileOption needed = tile_under_design(kernel, design, tile);
    if (occupancy(gpu, needed, &limit) > 0) fitting.push_back(needed);
  }
  if (fitting.empty()) {
    throw Error("kernel " + kernel.name + " with design " + design.name + " does not fit " + gpu.name + ": " +
                limit);
  }
  return fitting;
}

const TileOption& covering(const std::vector<TileOption>& tiles, std::int64_t batch) {
  const TileOption* best = nullptr;
  for (const TileOption& tile : tiles) {
    if (tile.n >= batch && (best == nullptr || tile.n < best->n)) best = &tile;
  }
  if (best != nullptr) return *best;
  return *std::max_element(tiles.begin(), tiles.end(),
                           [](const auto& a, const auto& b) { return a.n < b.n; });
}

/// FP6-LLM's rule for shapes its table lacks: the smallest part count that fills its last wave to 80 %.
int authors_split(const GpuDescription& gpu, const GemmShape& shape, int max_split) {
  for (int i = 1; i <= max_split; ++i) {
    const double waves =
        static_cast<double>(ceil_div(shape.m, 512) * ceil_div(shape.n, 64) * i) / gpu.sm.count;
    if (waves / std::ceil(waves) >= 0.8) return i;
  }
  return max_split;
}

int split_for(const GpuDescription& gpu, const KernelDescription& kernel, const TileOption& tile,
              const GemmShape& shape) {
  const std::int64_t k_tiles = ceil_div(shape.k, tile.k);
  const std::int64_t most = std::min<std::int64_t>(
      kernel.max_split, std::max<std::int64_t>(1, k_tiles / std::max(1, kernel.min_split_tiles)));
  if (kernel.split_rule == SplitRule::kTable) {
    for (const SplitRow& row : kernel.split_table) {
      if (row.m != shape.m || row.k != shape.k) continue;
      const int column = shape.n <= 64 ? 0 : shape.n <= 256 ? 1 : shape.n <= 1024 ? 2 : 3;
      return static_cast<int>(std::min<std::int64_t>(row.splits[static_cast<std::size_t>(column)], k_tiles));
    }
    return static_cast<int>(std::min<std::int64_t>(authors_split(gpu, shape, kernel.max_split), k_tiles));
  }
  if (kernel.split_rule == SplitRule::kFill) {
    const std::int64_t grid = ceil_div(shape.m, tile.m) * ceil_div(shape.n, tile.n);
    const std::int64_t slots = static_cast<std::int64_t>(gpu.sm.count) * occupancy(gpu, tile);
    return static_cast<int>(std::clamp<std::int64_t>(slots / grid, 1, most));
  }
  return 1;
}

}  // namespace

TileOption tile_under_design(const KernelDescription& kernel, const DesignDescription& design,
                             TileOption tile) {
  const bool wide = design.placement == Placement::kCopy || design.placement == Placement::kL2 ||
                    design.placement == Placement::kMemctrl;
  if (wide) {
    const double extra = (16 - kernel.weights.bits) / 8 * tile.m * tile.k * tile.stages;
    tile.shared_bytes += static_cast<int>(extra);
  }
  return tile;
}

TileChoice choose_tile(const GpuDescription& gpu, const KernelDescription& kernel,
                       const DesignDescription& design, const GemmShape& shape) {
  const std::vector<TileOption> tiles = tiles_that_fit(gpu, kernel, design);
  if (kernel.tile_rule == TileRule::kCovering) {
    const TileOption& tile = covering(tiles, shape.n);
    return {tile, split_for(gpu, kernel, tile, shape)};
  }
  return library_choice(gpu, kernel, design, tiles, shape);
}

}  // namespace fp6sim::sim
