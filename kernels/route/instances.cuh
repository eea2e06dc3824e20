// The kernels of a route that dequantises first, found at run time.
#pragma once

#include <string>

#include "kernels/dequantize/to_memory.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/route/steps.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// Parameters of dequantising into the workspace of checked arguments.
DequantizeParameters bind_dequantize(const RouteArguments& arguments);

/// Launch; an empty string, or why it failed.
std::string launch_dequantize(const RouteArguments& arguments, Target& target);
std::string launch_dense(const RouteArguments& arguments, Target& target);

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
