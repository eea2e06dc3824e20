#include "sim/kernel/stage_work.h"

#include <algorithm>

namespace fp6sim::sim {
namespace {

constexpr double kWarpBytes = 512;         // one 16-byte access by each of 32 lanes
constexpr double kMmaMultiplyAdds = 2048;  // m16n8k16
constexpr double kSubCores = 4;

/// Warps along the out features: the arrangement that reads the fewest fragment bytes, m * (warps / a) + n *
/// a.
double warps_along_m(const TileOption& tile) {
  const int warps = tile.threads / 32;
  int best = 1;
  for (int along = 1; along <= warps; ++along) {
    if (warps % along != 0 || tile.m / along < 16 || tile.n * along / warps < 8) continue;
    if (tile.m * (warps / along) + tile.n * along <= tile.m * (warps / best) + tile.n * best) best = along;
  }
  return best;
}

}  // namespace

StageWork stage_work(const GpuDescription& gpu, const KernelDescription& kernel,
                     const DesignDescription& design, const TileOption& tile, double stage_bytes,
                     double& warp_instructions) {
  const SmDescription& sm = gpu.sm;
  const double warps = tile.threads / 32.0;
  const double weights = static_cast<double>(tile.m) * tile.k;
  const bool expands_on_lanes = design.placement == Placement::kSimt;
  // Bits a weight has in shared memory, and in a register just before the tensor core.
  const bool wide_in_shared = design.placement == Placement::kCopy || design.placement == Placement::kL2 ||
                              design.placement == Placement::kMemctrl;
  const double shared_bits = wide_in_shared ? 16 : kernel.weights.bits;

  const double integer = expands_on_lanes ? weights * kernel.instructions.integer_per_weight / 32 : 0;
  const double half2 = expands_on_lanes ? weights * kernel.instructions.half2_per_weight / 32 : 0;
  const double along_m = warps_along_m(tile);
  const double weight_reads = weights * shared_bits / 8 * (warps / along_m);
  const double activation_reads = 2.0 * tile.k * tile.n * along_m;
  const double loads = (weight_reads + activation_reads) / kWarpBytes;
  const double copies = stage_bytes / kWarpBytes;
  const bool warpgroup = kernel.warpgroup_mma && sm.warpgroup_tensor_fma > 0;
  const double tensor_rate = warpgroup ? sm.warpgroup_tensor_fma : sm.tensor_fma;
  const double multiply_adds = weights * tile.n;
  const double mmas = multiply_adds / kMmaMultiplyAdds;
  const double other = copies + kernel.instructions.overhead_per_tile * warps;
  warp_instructions = integer + half2 + loads + copies + other + mmas;

  StageWork work;
  work.issue = warp_instructions / sm.issue_per_cycle;
  work.expand = std::max((integer + other) * 32 / sm.integer_lanes, half2 * 32 / sm.half2_lanes);
  work.shared = (weight_reads + activation_reads + stage_bytes) / sm.shared_bytes_per_cycle;
  work.memory = (loads + copies) * sm.memory_issue_cycles;
  work.tensor = multiply_adds / tensor_rate;
  // A warp issues in order, `warp_cpi` cycles an instruction (one for an mma: its accumulators are
  // independent); the mma's run behind, in their own pipe, and `overlap` of the shorter of the two hides
  // under the longer. What precedes the first mma and follows the last (barrier, fragment load, expansion,
  // mma latency) overlaps with nothing of its own.
  const double per_warp = (warp_instructions - mmas) / warps * kernel.instructions.warp_cpi + mmas / warps;
  const double mma_per_warp = mmas / warps * kMmaMultiplyAdds / (tensor_rate / kSubCores);
  const double hidden = kernel.instructions.overlap * std::min(per_warp, mma_per_warp);
  const double instructions_shown = mma_per_warp > per_warp ? per_warp - hidden : per_warp;
  work.alone_tensor = mma_per_warp > per_warp ? mma_per_warp : mma_per_warp - hidden;
  work.alone_expand = instructions_shown * (integer + half2) / (warp_instructions - mmas);
  work.alone_issue = instructions_shown - work.alone_expand;
  work.alone = instructions_shown + work.alone_tensor + sm.barrier_cycles + sm.shared_latency_cycles +
               2 * sm.alu_latency_cycles + sm.mma_latency_cycles;
  return work;
}

}  // namespace fp6sim::sim
