// The simulator's front door: what one GEMM costs on one GPU with one kernel and one design, and where the
// time went.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/dequant_stage/dequant_stage.h"
#include "sim/description/design_description.h"
#include "sim/description/gpu_description.h"
#include "sim/description/kernel_description.h"

namespace fp6sim::sim {

/// Y[n, m] = X[n, k] * W[m, k]^T: m out features, k in features, n the batch. Each 1 .. 2^20, m * k <= 2^34;
/// sizes the kernel's tile does not divide are padded (GemmResult::padding says so).
struct GemmShape {
  std::int64_t m = 0;
  std::int64_t k = 0;
  std::int64_t n = 0;
};

class FunctionalGemm;  // sim/functional/functional_gemm.h

struct RunOptions {
  bool warm_l2 =
      false;           ///< the weights were just streamed by a previous run (benchmark loops); default: cold
  bool loop = false;   ///< one of many launches of this GEMM in a row, as benchmarks time them: it starts
                       ///< `launch.dependent_us` after the one before, whose results are still in the L2
  bool exact = false;  ///< 128-byte transactions: slower, within 1 % of the default
  std::string split;   ///< arrangement of the weight bits; empty: the kernel's own
  DequantStageFactory rtl_unit;  ///< the Verilated unit, for designs whose model is rtl; empty: there is none
  std::string timeline_path;     ///< Chrome/Perfetto JSON is written here; empty: none
  int timeline_sms = 1;       ///< the timeline shows warps and pipes of so many SMs, from the first on
  FunctionalGemm* functional = nullptr;  ///< carries real bits through this run; null: only time passes
};

/// One share of the time. Over a result they sum to 1.
struct StackEntry {
  std::string name;
  double share;
};

struct Counter {
  std::string name;
  std::string description;
  std::string unit;
  double value;
};

struct GemmResult {
  std::uint64_t cycles = 0;       ///< SM clocks from launch to the last output written
  double time_us = 0;             ///< the same, launch included
  std::uint64_t dram_bytes = 0;   ///< read and written
  double dram_bandwidth_pct = 0;  ///< dram_bytes / time_us, of the GPU's peak
  double floor_us = 0;   ///< bytes that must cross the DRAM interface / its peak; time_us is never below
  std::string bound_by;  ///< the largest share of `stack` (launch and tail apart)
  std::vector<StackEntry>
      stack;  ///< dram l2 latency shared-memory issue dequantisation tensor-core tail launch
  std::vector<Counter> counters;
  double energy_uj = 0;
  std::string tile;  ///< e.g. "256x64x8", the kernel's choice
  int split_k = 1;
  int ctas = 0;
  int ctas_per_sm = 0;
  std::string padding;  ///< empty, or what was padded
};

/// Simulates one launch (and its split-K reduction). Deterministic: the same input gives the same result on
/// every machine. Threads of one process take turns (SystemC has one kernel a process); processes are
/// independent. Throws fp6sim::Error for a shape out of range, and for a kernel or design this GPU cannot
/// hold, naming the limit.
GemmResult simulate_gemm(const GpuDescription& gpu, const KernelDescription& kernel,
                         const DesignDescription& design, const GemmShape& shape,
                         const RunOptions& options = {});

}  // namespace fp6sim::sim
