#include "emu/gemm/schedule.h"

#include <algorithm>
#include <limits>
#include <string>

#include "emu/error.h"

namespace fp6sim::emu {
namespace {

void require_range(const char* what, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return;
  throw Error("exact GEMM: " + std::string(what) + " is " + std::to_string(value) + ", accepted " +
              std::to_string(low) + " .. " + std::to_string(high));
}

void check(const GemmSchedule& schedule, const GemmShape& shape) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  require_range("M", shape.m, 1, kMost);
  require_range("K", shape.k, 1, kMost);
  require_range("N", shape.n, 1, kMost);
  require_range("tile_k", schedule.tile_k, 16, 65536);
  if (schedule.tile_k % 16 != 0) {
    throw Error("exact GEMM: tile_k is " + std::to_string(schedule.tile_k) + ", accepted: multiples of 16");
  }
  require_range("split_k", schedule.split_k, 1, 65536);
  if (!schedule.k_order.empty()) {
    std::vector<int> sorted = schedule.k_order;
    std::sort(sorted.begin(), sorted.end());
    bool permutation = sorted.size() == static_cast<std::size_t>(schedule.tile_k);
    for (std::size_t i = 0; permutation && i < sorted.size(); ++i)
      permutation = sorted[i] == static_cast<int>(i);
    if (!permutation) {
      throw Error("exact GEMM: k_order is not a permutation of 0 .. " + std::to_string(schedule.tile_k - 1));
    }
  }
}

/// First tile of each split, and the number of tiles at the end.
std::vector<std::int64_t> split_bounds(const GemmSchedule& schedule, std::int64_t tiles) {
  std::vector<std::int64_t> bounds = schedule.split_tiles;
  if (bounds.empty()) {
    for (std::int64_t i = 0; i < schedule.split_k; ++i) bounds.push_back(i * tiles / schedule.split_k);
  } else if (bounds.size() != static_cast<std::size_t>(schedule.split_k) || bounds.front() != 0 ||
             !std::is_sorted(bounds.begin(), bounds.end()) || bounds.back() > tiles) {
    throw Error("exact GEMM: split_tiles must be split_k = " + std::to_string(schedule.split_k) +
                " ascending tile numbers from 0 to at most " + std::to_string(tiles));
  }
  bounds.push_back(tiles);
  return bounds;
}

}  // namespace

GemmPlan plan_gemm(const GemmSchedule& schedule, const GemmShape& shape) {
  check(schedule, shape);
  const FloatFormat& format = schedule.input == TileInput::kBinary16 ? kFp16 : kBf16;
  const std::int64_t tiles = (shape.k + schedule.tile_k - 1) / schedule.tile_k;
  GemmPlan plan{schedule,
                shape,
                mma_context(schedule.architecture, format, format, schedule.accumulate, schedule.options),
                tiles * schedule.tile_k,
                {}};
  const auto bounds = split_bounds(schedule, tiles);
  for (int split = 0; split < schedule.split_k; ++split) {
    const auto at = static_cast<std::size_t>(split);
    const std::int64_t end = bounds[at + 1] * schedule.tile_k;
    for (std::int64_t k = bounds[at] * schedule.tile_k; k < end; k += kChunkK) {
      plan.chunks.push_back({k, std::min(kChunkK, end - k), split});
    }
  }
  return plan;
}

}  // namespace fp6sim::emu
