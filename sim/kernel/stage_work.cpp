#include "sim/kernel/stage_work.h"

#include <algorithm>

#include "emu/format.h"

namespace fp6sim::sim {
namespace {

constexpr double kWarpBytes = 512;         // one 16-byte access by each of 32 lanes
constexpr double kMmaMultiplyAdds = 2048;  // m16n8k16
constexpr double kSubCores = 4;
constexpr double kPassBytes = 128;     // of the 32 banks
constexpr double kWarpgroupRows = 64;  // of one wgmma

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

/// What a k-tile takes beside expansion and mma, of all warps; `a_warp`: of one that multiplies.
struct Around {
  double loads = 0, copies = 0, integer = 0, other = 0, a_warp = 0;
  double shared_bytes = 0;  ///< read by the loads and by the tensor core itself
};

/// As counted. `wider`: bytes of weights in shared memory beyond the format's own bits.
Around counted(const LoopCounts& loop, double overhead, double warps, double wider, bool copies_apart) {
  Around around;
  around.loads = loop.loads + wider / kWarpBytes;
  around.copies = loop.copies;
  around.integer = overhead * warps;
  around.other = loop.other;
  around.a_warp = (around.loads + (copies_apart ? 0 : around.copies)) / warps + overhead + loop.other_a_warp;
  around.shared_bytes = loop.load_passes * kPassBytes + wider;
  return around;
}

/// Derived from the bytes, for kernels whose loop nobody could count: every weight is read once a row of
/// warps, every activation once a column of them, and a copy has an address to compute.
Around derived(const TileOption& tile, double overhead, double warps, double weight_bytes, double stage_bytes,
               bool warpgroup, bool expanded) {
  // wgmma fetches activations itself, once for every 64 rows, and weights too if they lie there as FP16. That
  // is why m64n32k16 is slower from shared memory than from registers (facts/gpus.csv): 2 KB of weights and
  // 1 KB of activations pass the banks in 24 cycles, the multiply-adds take 16.
  const double along_m = warpgroup ? tile.m / kWarpgroupRows : warps_along_m(tile);
  const double weight_reads = weight_bytes * (warpgroup ? 1 : warps / along_m);
  const double activation_reads = 2.0 * tile.k * tile.n * along_m;
  Around around;
  around.shared_bytes = weight_reads + activation_reads;
  around.loads =
      ((warpgroup && expanded ? 0 : weight_reads) + (warpgroup ? 0 : activation_reads)) / kWarpBytes;
  around.copies = stage_bytes / kWarpBytes;
  around.integer = around.copies + overhead * warps;
  around.a_warp = (around.loads + around.copies + around.integer) / warps;
  return around;
}

}  // namespace

WarpWork shown_work(const WarpWork& raw, double overlap) {
  const double instructions = raw.issue + raw.expand;
  const double hidden = overlap * std::min(instructions, raw.tensor);
  WarpWork shown = raw;
  if (raw.tensor <= instructions) {
    shown.tensor -= hidden;
  } else if (instructions > 0) {
    shown.issue *= 1 - hidden / instructions;
    shown.expand *= 1 - hidden / instructions;
  }
  return shown;
}

void work_alone(const SmDescription& sm, const WarpWork& longest, MmaKind mma, StageWork& work) {
  work.alone_expand = longest.expand;
  work.alone_issue = longest.issue;
  work.alone_tensor = longest.tensor;
  work.alone = longest.issue + longest.expand + longest.tensor + sm.barrier_cycles +
               sm.shared_latency_cycles + 2 * sm.alu_latency_cycles +
               (mma == MmaKind::kWarp ? sm.mma_latency_cycles : 0);
}

StageWork stage_work(const GpuDescription& gpu, const KernelDescription& kernel,
                     const DesignDescription& design, const TileOption& tile, double stage_bytes,
                     double& warp_instructions) {
  const SmDescription& sm = gpu.sm;
  const InstructionMix& mix = kernel.instructions;
  const double warps = (tile.threads - tile.copying_threads) / 32.0;  // that multiply
  const double weights = static_cast<double>(tile.m) * tile.k;
  const bool expands_on_lanes = design.placement == Placement::kSimt;
  // Bits a weight has in shared memory.
  const bool wide_in_shared = design.placement == Placement::kCopy || design.placement == Placement::kL2 ||
                              design.placement == Placement::kMemctrl;
  const double shared_bits = wide_in_shared ? 16 : kernel.weights.bits;
  const double format_bits = emu::format_by_name(kernel.weights.format).bits;

  const double integer =
      expands_on_lanes ? weights * (mix.integer_per_weight + mix.convert_per_weight) / 32 : 0;
  const double half2 = expands_on_lanes ? weights * mix.half2_per_weight / 32 : 0;
  const bool warpgroup = uses_warpgroups(gpu, kernel, tile);
  const Around around = mix.loop
                            ? counted(*mix.loop, mix.overhead_per_tile, warps,
                                      weights * (shared_bits - format_bits) / 8, tile.copying_threads > 0)
                            : derived(tile, mix.overhead_per_tile, warps, weights * shared_bits / 8,
                                      stage_bytes, warpgroup, shared_bits == 16);
  const double tensor_rate = warpgroup ? sm.warpgroup_tensor_fma : sm.tensor_fma;
  const double multiply_adds = weights * tile.n;
  const double mmas = multiply_adds / (warpgroup ? kMmaMultiplyAdds * tile.n / 8 : kMmaMultiplyAdds);
  warp_instructions = integer + half2 + around.loads + around.copies + around.integer + around.other + mmas;

  StageWork work;
  work.issue = warp_instructions / sm.issue_per_cycle;
  work.expand = std::max((integer + around.integer) * 32 / sm.integer_lanes, half2 * 32 / sm.half2_lanes);
  work.shared = (around.shared_bytes + stage_bytes) / sm.shared_bytes_per_cycle;
  work.memory = (around.loads + around.copies) * sm.memory_issue_cycles;
  work.tensor = multiply_adds / (tensor_rate * (warpgroup ? 1 : mix.tensor_efficiency));
  // `warp_cpi` cycles an instruction, one for an mma: its accumulators are independent.
  WarpWork raw;
  raw.issue = around.a_warp * mix.warp_cpi + mmas / warps;
  raw.expand = (integer + half2) / warps * mix.warp_cpi;
  raw.tensor = multiply_adds / warps / (tensor_rate / kSubCores);
  work_alone(sm, shown_work(raw, mix.overlap), warpgroup ? MmaKind::kWarpgroup : MmaKind::kWarp, work);
  return work;
}

}  // namespace fp6sim::sim
