// GPTQ for a model: what each linear layer's inputs look like on a calibration text.
#pragma once

#include <vector>

#include "emu/lm/evaluate.h"

namespace fp6sim::lm {

/// Runs the unquantised model over `sequences` and returns GPTQ with the Hessians gathered there, for the
/// layers as those of `choices` whose method is gptq see them (each group size pads columns its own way).
/// Holds columns^2 doubles a layer. Every layer is calibrated on the unquantised model's activations. Throws
/// fp6sim::Error where there are no sequences, or where this build has no GPTQ (Eigen was missing).
QuantizeLinear calibrate_gptq(const Model& model, const Sequences& sequences,
                              const std::vector<FormatChoice>& choices);

}  // namespace fp6sim::lm
