// The Verilated dequantisation unit in sim's place for it: same cycles as sim's C++ model, real bits through
// the RTL.
#pragma once

#include "sim/dequant_stage/dequant_stage.h"

namespace fp6sim::rtl {

/// Makes a stage of the RTL model (rtl/model/dequant_unit.h) of that depth with most lanes among those that
/// divide the stage's; several stand side by side for wider stages. All see the same handshakes, so time runs
/// one of them: every beat of every burst is offered, held and taken in a cycle of the RTL of its own; only
/// cycles in which the unit is empty and nothing is offered are skipped. Throws fp6sim::Error where no model
/// fits.
std::unique_ptr<sim::DequantStage> make_verilated_stage(const sim::StageParameters& parameters);

}  // namespace fp6sim::rtl
