// What gpu_bench measures: plain values, the same for the device layer, the journal and the report.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/route.h"

namespace fp6sim::bench {

struct Options {
  std::vector<std::string> workloads;  ///< empty: all
  std::vector<int> batches{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  std::vector<std::string> kernels;  ///< empty: all, the ones compared most first
  std::string out = "traces/measured";
  std::string autotune;   ///< tuning cache to use and fill; empty: the chooser's plans
  int repeats = 21;       ///< medians are of this many
  int time_limit_s = 0;   ///< no new measurement after this long; 0: none
  int item_limit_s = 30;  ///< a measurement that takes longer is given up
  bool warm_l2 = false;
  bool micro = true;
  bool fresh = false;  ///< a new journal, even where one could be gone on with
  bool retry = false;  ///< what failed in the journal is tried once more
  bool ncu = false;
};

/// A kernel is checked in parts, so that what hangs or differs in one keeps the others' measurements.
enum class CheckPart : std::uint8_t {
  kFew,    ///< the fused kernel up to 32 tokens: mma.sync everywhere
  kMany,   ///< above: wgmma, where the GPU has it
  kDense,  ///< dequantised to memory, then the dense kernel
};
inline constexpr std::array kCheckParts{CheckPart::kFew, CheckPart::kMany, CheckPart::kDense};
/// The part that a measurement rests on.
constexpr CheckPart part_of(kernels::Path path, int batch) {
  if (path != kernels::Path::kFused) return CheckPart::kDense;
  return batch > 32 ? CheckPart::kMany : CheckPart::kFew;
}

/// Times in microseconds of one launch.
struct Timing {
  double median_us = 0;
  double spread_pct = 0;  ///< (90th - 10th percentile) / median
};

/// One measured GEMM shape. Models share shapes, so it names none.
struct Row {
  std::string kernel;  ///< "w6a16" ... or "cublas-fp16"
  std::string split;   ///< "" for cuBLAS
  std::string path;    ///< "fused", "dense", "cublas"
  std::int64_t m = 0, k = 0;
  int batch = 0;
  int tile_n = 0, splits = 0;  ///< of the fused path
  Timing time;
  double bytes = 0;         ///< packed weights, activations and output, each once (cuBLAS: FP16 weights)
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

/// A layer of a workload.
struct Layer {
  std::string model, layer;
  std::int64_t m = 0, k = 0;
};

/// Everything known so far: read from a journal, added to by a worker.
struct Results {
  std::map<std::string, Row> rows;                                ///< by the item's key
  std::map<std::string, std::int64_t> checked;                    ///< outputs compared, by the item's key
  std::map<std::string, std::string> failed;                      ///< why, by the item's key
  std::map<std::string, std::vector<Metric>> metrics;             ///< by the item's key
  std::map<std::string, std::map<std::string, double>> counters;  ///< Nsight Compute's, by the row's key
  bool has(const std::string& key) const {
    return rows.contains(key) || checked.contains(key) || failed.contains(key) || metrics.contains(key) ||
           counters.contains(key);
  }
};

}  // namespace fp6sim::bench
