// A kernel's own plan as the description the simulator takes.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "kernels/gemm.h"

namespace fp6sim::app {

/// The description of kernel `name` with the tile, stages, registers and split of K of one launch, whose
/// partial sums the last CTA adds, and the arrangement of the weight bits that `spec` has. It is right for
/// that shape. Throws fp6sim::Error where no description of that name exists to start from.
boost::json::object described_plan(const std::string& name, const kernels::GemmShape& shape,
                                   const kernels::Plan& plan, const kernels::KernelSpec& spec);

}  // namespace fp6sim::app
