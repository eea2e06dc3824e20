#pragma once

#include "tools/gpu_bench/device.h"

namespace fp6sim::bench {

/// `spec` on the current GPU against emu, on shapes that take all of its paths.
Checked check_on_gpu(const kernels::KernelSpec& spec, const kernels::Gpu& gpu);

}  // namespace fp6sim::bench
