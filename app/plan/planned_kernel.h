// Our own kernels as they really run: what the kernels' chooser picks for a shape, handed to the simulator.
#pragma once

#include <string>

#include "sim/description/design_description.h"
#include "sim/description/gpu_description.h"
#include "sim/description/kernel_description.h"
#include "sim/simulate.h"

namespace fp6sim::app {

/// Replaces the tiles and the split rule of `kernel`, the description of our kernel `name`, by the one tile
/// and the split of K that kernels::choose_plan() takes for `shape` on `gpu`. `split`: arrangement of the
/// weight bits, empty for the kernel's own; one that no kernel is compiled with runs as the kernel's own plan
/// with the room its words take. Returns what it put there, as text; an empty string where the description
/// keeps its own: somebody else's kernel or a file, a GPU our kernels are not compiled for, or a design whose
/// expanded weights do not fit shared memory in the kernels' stages.
std::string apply_plan(const std::string& name, const std::string& split, const sim::GemmShape& shape,
                       const sim::GpuDescription& gpu, const sim::DesignDescription& design,
                       sim::KernelDescription& kernel);

}  // namespace fp6sim::app
