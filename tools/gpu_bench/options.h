#pragma once

#include <optional>

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

extern const char* const kUsage;

/// A single launch, which a profiler asked for: gpu_bench --once KERNEL,SPLIT,M,K,N.
struct Once {
  std::string kernel, split;
  std::int64_t m = 0, k = 0;
  int batch = 0;
};

/// Throws fp6sim::Error naming option, value and what is accepted; names are checked against `layers` and the
/// compiled kernels.
Options parse_options(const std::vector<std::string>& arguments, const std::vector<Layer>& layers,
                      std::optional<Once>& once);

}  // namespace fp6sim::bench
