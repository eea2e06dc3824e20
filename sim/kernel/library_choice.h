// Which tile and split a library takes whose own heuristic is not public.
#pragma once

#include <vector>

#include "sim/kernel/choose_tile.h"

namespace fp6sim::sim {

/// Vendors' heuristics are trained on measured times: what they take is rarely far from the best of their
/// kernels. Among tiles and splits within 5 % of the least modelled time, the fewest parts (no second kernel,
/// no workspace), then the largest tile.
TileChoice library_choice(const GpuDescription& gpu, const KernelDescription& kernel,
                          const DesignDescription& design, const std::vector<TileOption>& tiles,
                          const GemmShape& shape);

}  // namespace fp6sim::sim
