// Routes on a CPU: the kernels by emu/simt; where a route ends in cuBLAS, the library it was opened from.
#pragma once

#include "kernels/host_run.h"
#include "kernels/route.h"

namespace fp6sim::kernels {

/// Runs arguments (host memory) as gemm() would on a GPU. On the path kCublas the opened library must work on
/// host memory (the tests' does). Throws fp6sim::Error with check()'s message or the library's, and
/// simt::Violation for what a kernel did wrong.
void run_on_host(const RouteArguments& arguments, const HostRun& run);

/// The first step alone: the weights of arguments into the start of its workspace.
void dequantize_on_host(const RouteArguments& arguments, const HostRun& run);

}  // namespace fp6sim::kernels
