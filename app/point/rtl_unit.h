// The Verilated unit for sim, where this program was built with it.
#pragma once

#include "sim/dequant_stage/dequant_stage.h"

namespace fp6sim::app {

/// Empty in a build without Verilator: designs that ask for the RTL are refused then.
sim::DequantStageFactory rtl_unit();

}  // namespace fp6sim::app
