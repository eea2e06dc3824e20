// Adding up launches and GEMMs that ran one after the other.
#pragma once

#include <cstdint>

#include "sim/simulate.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {

/// Two launches of one GEMM: durations, what the time went to, and counters.
void add(LaunchOutcome& sum, const LaunchOutcome& more);

/// Adds `times` GEMMs like `one`: cycles, times, bytes, energy and counters add up (a counter in "%" is
/// averaged over time), shares are of the common time. What the kernel chose is the first one's; an empty
/// `sum` (0 cycles) starts as `one`.
void add_times(GemmResult& sum, const GemmResult& one, std::int64_t times);

}  // namespace fp6sim::sim
