// What gpu_bench measures, and what it writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/gemm.h"

namespace fp6sim::bench {

struct Options {
  std::vector<std::string> workloads;  ///< empty: all
  std::vector<int> batches{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  std::vector<std::string> kernels;  ///< empty: the default split of each format, and w6a16's others
  std::string out = "traces/measured";
  int repeats = 21;  ///< medians are of this many
  bool warm_l2 = false;
  bool micro = true;
};

/// Times in microseconds of one launch.
struct Timing {
  double median_us = 0;
  double spread_pct = 0;  ///< (90th - 10th percentile) / median
};

struct Row {
  std::string model, layer, kernel, split;
  std::int64_t m = 0, k = 0;
  int batch = 0;
  Timing time;
  double cublas_us = 0;     ///< 0: no cuBLAS
  double bytes = 0;         ///< packed weights, activations and output, each once
  double reduction_us = 0;  ///< a read-only reduction of as many bytes, same run, same state of L2
  double clock_mhz = 0;     ///< SM clock measured right after
};

struct Metric {
  std::string name, unit;
  double value = 0;
};

/// The device and what it runs with.
struct Machine {
  std::string gpu;
  kernels::Gpu limits;
  std::size_t l2_bytes = 0, memory_bytes = 0;
  int driver = 0, runtime = 0;
  int max_clock_mhz = 0;
  std::string cublas;  ///< version, or why there is none
};

/// Every kernel against emu, bit for bit, on shapes that take its paths. Returns how many outputs were
/// compared; throws fp6sim::Error at the first difference, naming it.
std::int64_t check_kernels(const Machine& machine, const std::vector<kernels::KernelSpec>& specs);

std::vector<Metric> run_microbenchmarks(const Machine& machine);

/// Files DIR/<gpu>-<date>.csv (the columns `fp6sim compare` reads) and .json (everything). Returns the CSV's
/// path.
std::string write_report(const Options& options, const Machine& machine, const std::vector<Row>& rows,
                         const std::vector<Metric>& metrics, std::int64_t checked);

}  // namespace fp6sim::bench
