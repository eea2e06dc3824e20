// From a checked call to a kernel's parameters, and the table of compiled kernels.
#pragma once

#include <span>

#include "kernels/gemm.h"
#include "kernels/gemm/parameters.h"

namespace fp6sim::kernels {

/// Arguments must have passed check().
GemmParameters bind(const GemmArguments& arguments);

}  // namespace fp6sim::kernels
