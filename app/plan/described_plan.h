// A kernel's own plan as the description the simulator takes.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "emu/trace/reader.h"
#include "kernels/gemm.h"

namespace fp6sim::app {

/// The description of kernel `name` with the tile, stages, registers and split of one recorded launch, whose
/// partial sums the last CTA adds, and with the instructions the recording counted. It is right for that
/// shape. Throws fp6sim::Error where no description of that name exists to start from.
boost::json::object described_plan(const std::string& name, const kernels::GemmShape& shape,
                                   const kernels::Plan& plan, const trace::Reader& recorded);

}  // namespace fp6sim::app
