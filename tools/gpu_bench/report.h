#pragma once

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

/// STEM.csv: the columns `fp6sim compare` reads, a line for every layer whose shape was measured. Kernels
/// that dequantised first are called KERNEL-via-cublas and KERNEL-via-dense. STEM.json: everything, with
/// bytes, bandwidths and microbenchmarks. Both are replaced whole. Throws fp6sim::Error where that fails.
void write_report(const Options& options, const Machine& machine, const std::vector<Layer>& layers,
                  const Results& results, const std::string& stem);

/// A few lines: per kernel and batch the geometric mean speedup over cuBLAS and the lowest and highest
/// bandwidth as a share of the reduction's, and for large batches the fused kernel against the best path.
std::string summary(const std::vector<Layer>& layers, const Results& results);

}  // namespace fp6sim::bench
