// GPTQ for tensor files: calibration activations from a file.
#pragma once

#include <string>

#include "emu/checkpoint/quantize_checkpoint.h"

namespace fp6sim::checkpoint {

/// GPTQ as QuantizeJob::method. `calibration` holds activations X[tokens, K]: a .npy serves every matrix of K
/// columns; a .safetensors has for each weight a tensor of its name, or of its name without ".weight". Read
/// when a matrix is reached. Throws fp6sim::Error (then, too) where the activations are missing, of another K
/// or not finite, and where this build has no GPTQ.
QuantizeMatrix gptq_method(const emu::QuantizeSpec& spec, const std::string& calibration);

}  // namespace fp6sim::checkpoint
