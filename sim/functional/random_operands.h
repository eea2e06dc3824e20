// Operands for a run whose data nobody chose.
#pragma once

#include "sim/functional/operands.h"
#include "sim/simulate.h"

namespace fp6sim::sim {

/// Every code, scales over six binades (0.002 .. 0.12) of both signs' weights, activations in [-4, 4): sums
/// stay finite, and cancel enough that the order of summation shows. Deterministic in `seed` and the element.
GemmOperands random_operands(const KernelDescription& kernel, const GemmShape& shape, std::uint64_t seed);

/// Groups of a row of `k` weights: 0 without scales, 1 where a row has one.
std::int64_t scale_groups(const WeightLayout& weights, std::int64_t k);

}  // namespace fp6sim::sim
