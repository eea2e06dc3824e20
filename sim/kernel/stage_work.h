// Instructions and resource cycles of one k-tile: what dequantising and multiplying a tile costs an SM.
#pragma once

#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

/// Work of one full k-tile of `tile`. `stage_bytes`: what lands in shared memory for it.
StageWork stage_work(const GpuDescription& gpu, const KernelDescription& kernel,
                     const DesignDescription& design, const TileOption& tile, double stage_bytes,
                     double& warp_instructions);

}  // namespace fp6sim::sim
