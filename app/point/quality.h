// How well a kernel's weight format keeps the weights: the fourth objective beside time, energy and area.
#pragma once

#include <cstdint>

#include "sim/description/kernel_description.h"

namespace fp6sim::app {

/// Signal to quantisation noise, in dB, of round-to-nearest on normally distributed weights (mean 0, fixed
/// seed, rows of 4096) with the layout's own format, group and zero points. A proxy: it orders formats,
/// docs/quality.md measures models. FP16 weights count as 100 dB.
double quality_db(const sim::WeightLayout& weights);

/// Stored bits a weight has with its scales (FP16) and zero points (4 bits) for rows of `k` in features.
double stored_bits_per_weight(const sim::WeightLayout& weights, std::int64_t k);

}  // namespace fp6sim::app
