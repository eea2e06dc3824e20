// A schedule checked against a shape and cut into the pieces the GEMM works in. Internal to emu.
#pragma once

#include <cstdint>
#include <vector>

#include "emu/gemm/gemm.h"

namespace fp6sim::emu {

/// A run of one split's chain, short enough that a panel of it stays in the first-level cache.
struct KChunk {
  std::int64_t begin, size;  ///< in padded k; size is a multiple of 16
  int split;
};
inline constexpr std::int64_t kChunkK = 128;

struct GemmPlan {
  GemmSchedule schedule;
  GemmShape shape;
  MmaContext context;
  std::int64_t padded_k;
  std::vector<KChunk> chunks;  ///< ascending; those of a split are neighbours

  /// The position in a row of K operands of padded position p, or -1 for padding.
  std::int64_t source_k(std::int64_t p) const {
    if (!schedule.k_order.empty()) {
      const std::int64_t tile = p / schedule.tile_k;
      p = tile * schedule.tile_k + schedule.k_order[static_cast<std::size_t>(p % schedule.tile_k)];
    }
    return p < shape.k ? p : -1;
  }
  /// Whether padded positions begin .. begin + size - 1 are those of the row itself.
  bool is_contiguous(const KChunk& chunk) const {
    return schedule.k_order.empty() && chunk.begin + chunk.size <= shape.k;
  }
};

/// Throws fp6sim::Error naming the field, its value and what is accepted.
GemmPlan plan_gemm(const GemmSchedule& schedule, const GemmShape& shape);

}  // namespace fp6sim::emu
