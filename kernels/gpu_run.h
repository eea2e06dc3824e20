// A GEMM whose operands are in host memory, run once on the GPU: for checks, not for speed.
#pragma once

#include <string>

#include "kernels/route.h"

namespace fp6sim::kernels {

/// The current device as choose_plan() wants it, and its name. kUnsupported in a build without CUDA,
/// kDeviceError where there is no GPU.
Status query_gpu(Gpu& gpu, std::string& name);

/// Copies arguments' operands to the device, runs gemm(), copies y back. Waits for it.
Status run_on_gpu(const GemmArguments& host_arguments);

/// The same by a route; the workspace is made on the device, the host's is not looked at but for its size.
Status run_on_gpu(const RouteArguments& host_arguments);

}  // namespace fp6sim::kernels
