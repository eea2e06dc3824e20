// Our own kernels as they really run: what the kernels' chooser picks for a shape, handed to the simulator.
#pragma once

#include <string>

#include "app/point/point.h"
#include "sim/description/design_description.h"
#include "sim/description/gpu_description.h"
#include "sim/description/kernel_description.h"

namespace fp6sim::app {

/// Replaces the tiles and the split rule of one of our kernels' descriptions by the one tile and the split of
/// K that kernels::choose_plan() takes for the point's shape on `gpu`. Returns what it put there, as text; an
/// empty string where the description keeps its own: somebody else's kernel or a file, a GPU or split our
/// kernels are not compiled for, a point that overrides tiles or split, a design whose expanded weights do
/// not fit shared memory in the kernels' stages, or a build without the kernels.
std::string apply_plan(const Point& point, const sim::GpuDescription& gpu,
                       const sim::DesignDescription& design, sim::KernelDescription& kernel);

}  // namespace fp6sim::app
