#include "sim/kernel/striped_launch.h"

#include <algorithm>

namespace fp6sim::sim {

StripedLaunch::StripedLaunch(const GpuDescription& gpu, const KernelDescription& kernel, const GemmPlan& plan)
    : plan_(plan),
      gemm_(gpu, kernel, plan),
      tiles_(plan.k_tiles * plan.m_tiles * plan.n_tiles),
      share_((tiles_ + std::int64_t{gpu.sm.count} * plan.ctas_per_sm - 1) /
             (std::int64_t{gpu.sm.count} * plan.ctas_per_sm)) {}

StageRequest StripedLaunch::copy(std::int64_t cta, std::int64_t stage) const {
  const std::int64_t tile = cta * share_ + stage;
  const std::int64_t row = tile / plan_.k_tiles, k_tile = tile % plan_.k_tiles;
  CtaRange range;
  range.m0 = row % plan_.m_tiles * plan_.tile.m;
  range.n0 = row / plan_.m_tiles * plan_.tile.n;
  // A row of tiles entered anew brings what a CTA brings with its first stage.
  const std::int64_t since = std::min(stage, k_tile);
  range.first_tile = k_tile - since;
  return gemm_.copy_of(range, since);
}

StageRequest StripedLaunch::result(std::int64_t cta) const {
  const std::int64_t first = cta * share_ / plan_.k_tiles;
  const std::int64_t last = (cta * share_ + stages(cta) - 1) / plan_.k_tiles;
  StageRequest request;
  request.write = true;
  // Rows of tiles that follow each other lie together, batch tile by batch tile.
  for (std::int64_t row = first; row <= last;) {
    const std::int64_t batch_tile = row / plan_.m_tiles;
    const std::int64_t end = std::min(last + 1, (batch_tile + 1) * plan_.m_tiles);
    const std::int64_t m0 = row % plan_.m_tiles * plan_.tile.m;
    const std::int64_t rows = std::min((end - row) * plan_.tile.m, plan_.shape.m - m0);
    const std::int64_t n0 = batch_tile * plan_.tile.n;
    const std::int64_t tokens = std::min<std::int64_t>(plan_.tile.n, plan_.shape.n - n0);
    if (request.segment_count == StageRequest::kMaxSegments)
      break;  // 8 batch tiles a CTA: its weights are few
    Segment segment;
    segment.base = plan_.buffers.output + static_cast<std::uint64_t>(2 * (n0 * plan_.shape.m + m0));
    segment.bytes = static_cast<std::uint32_t>(2 * rows);
    segment.count = static_cast<std::uint32_t>(tokens);
    segment.stride = static_cast<std::uint64_t>(2 * plan_.shape.m);
    request.add(segment);
    row = end;
  }
  return request;
}

}  // namespace fp6sim::sim
