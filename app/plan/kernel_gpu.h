// What the kernels' tile chooser needs of a GPU description.
#pragma once

#include "kernels/gemm.h"
#include "sim/description/gpu_description.h"

namespace fp6sim::app {

/// Throws fp6sim::Error for a GPU none of our kernels runs on (before compute capability 8.0).
kernels::Gpu kernel_gpu(const sim::GpuDescription& description);

}  // namespace fp6sim::app
