#include "sim/kernel/library_choice.h"

#include <algorithm>

#include "sim/kernel/stage_work.h"

namespace fp6sim::sim {
namespace {

constexpr double kExposed = 0.2;  // of the shorter of copying and computing, in stages that wait
constexpr double kClose = 1.05;   // times no heuristic tells apart

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Cycles of the shape under one tile and split: wave by wave the larger of what memory and what the SMs
/// need.
///
///   wave 1:  slots CTAs    max(their bytes / bandwidth, stages x max(alone, CTAs an SM x busiest pipe))
///   ...
///   last:    what is left  a few CTAs have the memory to themselves and still take a CTA's time alone
double modelled_cycles(const GpuDescription& gpu, const KernelDescription& kernel,
                       const DesignDescription& design, const GemmShape& shape, const TileOption& tile,
                       std::int64_t split) {
  const double bytes_per_cycle = gpu.dram.peak_bytes_per_s() / (gpu.sm.clock_mhz * 1e6);
  const double weight_bytes = static_cast<double>(tile.m) * tile.k * kernel.weights.bits / 8;
  const double batch_bytes = 2.0 * tile.k * static_cast<double>(std::min<std::int64_t>(tile.n, shape.n));
  double instructions = 0;
  const StageWork work = stage_work(gpu, kernel, design, tile, weight_bytes + batch_bytes, instructions);
  const std::int64_t batch_tiles = ceil_div(shape.n, tile.n);
  const std::int64_t ctas = ceil_div(shape.m, tile.m) * batch_tiles * split;
  const std::int64_t slots = static_cast<std::int64_t>(gpu.sm.count) * occupancy(gpu, tile);
  const auto stages = static_cast<double>(ceil_div(ceil_div(shape.k, tile.k), split));
  // Batch tiles of the same rows run side by side and share the weights' way from memory.
  const double cta_bytes = stages * weight_bytes / static_cast<double>(batch_tiles);
  const double l2_per_cycle = gpu.l2.slices * gpu.l2.slice_bytes_per_cycle;
  const double busiest_pipe = std::max({work.tensor, work.expand, work.shared, work.memory, work.issue});
  double cycles = 0;
  for (std::int64_t left = ctas; left > 0; left -= slots) {
    const std::int64_t wave = std::min(left, slots);
    const double memory =
        static_cast<double>(wave) *
        std::max(cta_bytes / bytes_per_cycle, stages * (weight_bytes + batch_bytes) / l2_per_cycle);
    const double an_sm = static_cast<double>(ceil_div(wave, gpu.sm.count)) * busiest_pipe;
    const double compute = stages * std::max(work.alone, an_sm);
    cycles += std::max(memory, compute) + kExposed * std::min(memory, compute);
  }
  if (split == 1) return cycles;
  // The second kernel: its launch, and the partial sums written (at half the rate) and read.
  const double partials = 3.0 * static_cast<double>(split * shape.m * shape.n) * kernel.partial_bytes;
  return cycles + gpu.launch.dependent_us * gpu.sm.clock_mhz + 2 * gpu.launch.cta_cycles +
         partials / bytes_per_cycle;
}

}  // namespace

TileChoice library_choice(const GpuDescription& gpu, const KernelDescription& kernel,
                          const DesignDescription& design, const std::vector<TileOption>& tiles,
                          const GemmShape& shape) {
  struct Candidate {
    TileChoice choice;
    double cycles = 0;
  };
  std::vector<Candidate> candidates;
  for (const TileOption& tile : tiles) {
    const std::int64_t most =
        std::clamp<std::int64_t>(ceil_div(shape.k, tile.k) / kernel.min_split_tiles, 1, kernel.max_split);
    for (std::int64_t split = 1; split <= most; ++split) {
      candidates.push_back(
          {{tile, static_cast<int>(split)}, modelled_cycles(gpu, kernel, design, shape, tile, split)});
    }
  }
  double least = candidates.front().cycles;
  for (const Candidate& candidate : candidates) least = std::min(least, candidate.cycles);
  const auto before = [](const Candidate& a, const Candidate& b) {
    if (a.choice.split_k != b.choice.split_k) return a.choice.split_k < b.choice.split_k;
    return a.choice.tile.m * a.choice.tile.n > b.choice.tile.m * b.choice.tile.n;
  };
  const Candidate* taken = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.cycles > kClose * least) continue;
    if (taken == nullptr || before(candidate, *taken)) taken = &candidate;
  }
  return taken->choice;
}

}  // namespace fp6sim::sim
