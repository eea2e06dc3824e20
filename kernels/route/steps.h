// The two launches of a route that dequantises first.
#pragma once

#include "kernels/dense/dense.h"
#include "kernels/route.h"

namespace fp6sim::kernels {

/// Arguments must have passed check() on a path other than kFused. The workspace starts with the dequantised
/// weights; cuBLAS's own follows.
DenseParameters bind_dense(const RouteArguments& arguments);
/// CTAs of each launch.
unsigned dequantize_ctas(const RouteArguments& arguments);
unsigned dense_ctas(const RouteArguments& arguments);

}  // namespace fp6sim::kernels
