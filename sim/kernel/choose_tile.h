// Which compiled variant runs a shape, and into how many parts K is split.
#pragma once

#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

struct TileChoice {
  TileOption tile;
  int split_k = 1;
};

/// Applies the kernel's rules. Only variants the GPU can hold are considered; throws Error (naming the limit)
/// where none is.
TileChoice choose_tile(const GpuDescription& gpu, const KernelDescription& kernel,
                       const DesignDescription& design, const GemmShape& shape);

/// The shared memory a CTA of `tile` needs under `design`: where the weights are expanded before they land,
/// the stages hold FP16.
TileOption tile_under_design(const KernelDescription& kernel, const DesignDescription& design,
                             TileOption tile);

}  // namespace fp6sim::sim
