#pragma once

#include "tools/gpu_bench/device.h"

namespace fp6sim::bench {

/// A part of `spec` on the current GPU against emu, on shapes that take all of its ways. Every shape runs
/// three times: what races differs from run to run.
Checked check_on_gpu(const kernels::KernelSpec& spec, CheckPart part, const kernels::Gpu& gpu);

}  // namespace fp6sim::bench
