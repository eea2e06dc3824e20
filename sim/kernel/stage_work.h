// Instructions and resource cycles of one k-tile: what dequantising and multiplying a tile costs an SM.
#pragma once

#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

/// Whether the tile's multiply-adds are wgmma's.
inline bool uses_warpgroups(const GpuDescription& gpu, const KernelDescription& kernel,
                            const TileOption& tile) {
  return (kernel.warpgroup_mma || tile.warpgroup_mma) && gpu.sm.warpgroup_tensor_fma > 0;
}

/// Work of one full k-tile of `tile`. `stage_bytes`: what lands in shared memory for it.
StageWork stage_work(const GpuDescription& gpu, const KernelDescription& kernel,
                     const DesignDescription& design, const TileOption& tile, double stage_bytes,
                     double& warp_instructions);

/// A warp by itself issues `raw` in order, and its mma's run behind, in their own pipe: `overlap` of the
/// shorter of instructions and mma's hides under the longer. Returns what shows of each.
WarpWork shown_work(const WarpWork& raw, double overlap);

/// Enters in `work` what a CTA alone takes whose slowest warp shows `longest`. What precedes the first mma
/// and follows the last (barrier, fragment load, expansion, mma latency) overlaps with nothing of its own. A
/// wgmma has no latency beyond the time its multiply-adds take: m64n64k16 32 cycles, m64n256k16 128
/// (facts/gpus.csv).
enum class MmaKind { kNone, kWarp, kWarpgroup };
void work_alone(const SmDescription& sm, const WarpWork& longest, MmaKind mma, StageWork& work);

}  // namespace fp6sim::sim
