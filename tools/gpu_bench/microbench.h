#pragma once

#include <cstddef>

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

/// One of kMicroGroups on the current device. Throws fp6sim::Error.
std::vector<Metric> run_microbenchmarks(const Machine& machine, const std::string& group);

/// Cycles of one bulk copy of `bytes` (a multiple of 16, at most 8192), issue to landed, averaged over 512
/// places 64 KB apart; the last of `laps` counts. Compute capability 9.0 or later.
void launch_bulk_latency(const std::byte* from, unsigned bytes, int laps, long long* cycles);

}  // namespace fp6sim::bench
