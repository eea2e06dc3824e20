#include "sim/kernel/choose_tile.h"

#include <algorithm>
#include <cmath>

#include "emu/error.h"

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

/// A library's choice where arithmetic matters (a batch beyond 64): least modelled time of the busiest SM's
/// multiplications or the weights' bytes, plus the partials written and read.
TileChoice balanced_choice(const GpuDescription& gpu, const KernelDescription& kernel,
                           const std::vector<const TileOption*>& tiles, const GemmShape& shape) {
  constexpr std::int64_t kShortestPart = 8;  // k-tiles
  const double bytes_per_cycle = gpu.dram.peak_bytes_per_s() / (gpu.sm.clock_mhz * 1e6);
  const double weights =
      static_cast<double>(shape.m) * static_cast<double>(shape.k) * kernel.weights.bits / 8;
  TileChoice best;
  double best_cost = 0;
  for (const TileOption* tile : tiles) {
    const std::int64_t k_tiles = ceil_div(shape.k, tile->k);
    const std::int64_t grid = ceil_div(shape.m, tile->m) * ceil_div(shape.n, tile->n);
    const std::int64_t most = std::clamp<std::int64_t>(k_tiles / kShortestPart, 1, kernel.max_split);
    for (std::int64_t split = 1; split <= most; ++split) {
      const double waves = static_cast<double>(ceil_div(grid * split, gpu.sm.count));
      const double multiply = waves * tile->m * tile->n * static_cast<double>(ceil_div(k_tiles, split)) *
                              tile->k / gpu.sm.tensor_fma;
      // Written at half the rate it is read.
      const double partials =
          split == 1 ? 0 : 3.0 * static_cast<double>(split * shape.m * shape.n) * kernel.partial_bytes;
      const double cost = std::max(multiply, weights / bytes_per_cycle) + partials / bytes_per_cycle;
      if (best.tile.m == 0 || cost < best_cost) {
        best = {*tile, static_cast<int>(split)};
        best_cost = cost;
      }
    }
  }
  return best;
}

/// A library's choice for a memory-bound shape: the largest tile whose grid still gives (almost) every SM a
/// CTA, else the smallest tile with K split, where it is long enough, until all slots of the GPU are taken.
TileChoice library_choice(const GpuDescription& gpu, const KernelDescription& kernel,
                          const std::vector<TileOption>& tiles, const GemmShape& shape) {
  constexpr double kAlmost = 0.9;
  const double target = kAlmost * gpu.sm.count;
  std::vector<const TileOption*> wide;
  const int width = covering(tiles, shape.n).n;
  for (const TileOption& tile : tiles) {
    if (tile.n == width) wide.push_back(&tile);
  }
  if (shape.n > 64) return balanced_choice(gpu, kernel, wide, shape);
  const TileOption* smallest = nullptr;
  const TileOption* best = nullptr;
  for (const TileOption* tile : wide) {
    const std::int64_t grid = ceil_div(shape.m, tile->m) * ceil_div(shape.n, tile->n);
    if (static_cast<double>(grid) >= target && (best == nullptr || tile->m > best->m)) best = tile;
    if (smallest == nullptr || tile->m < smallest->m) smallest = tile;
  }
  if (best != nullptr) return {*best, 1};
  const std::int64_t grid = ceil_div(shape.m, smallest->m) * ceil_div(shape.n, smallest->n);
  const std::int64_t most =
      std::max<std::int64_t>(1, ceil_div(shape.k, smallest->k) / std::max(1, kernel.min_split_tiles));
  const std::int64_t slots = static_cast<std::int64_t>(gpu.sm.count) * occupancy(gpu, *smallest);
  const std::int64_t needed = std::max<std::int64_t>(1, slots / grid);
  return {*smallest, static_cast<int>(std::min<std::int64_t>({needed, most, kernel.max_split}))};
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
  return library_choice(gpu, kernel, tiles, shape);
}

}  // namespace fp6sim::sim
