// Measured GEMM times: the CSV that `fp6sim compare` reads and tools/gpu_bench writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/simulate.h"

namespace fp6sim::sim {

struct MeasuredRow {
  int line = 0;  ///< in the file, 1-based
  std::string model, layer, kernel;
  GemmShape shape;
  std::optional<double> speedup;   ///< over cuBLAS FP16
  std::optional<double> time_us;
  bool warm_l2 = false;            ///< column l2_state
};

/// Reads columns model, layer, M, K, batch, kernel and any of speedup_over_cublas_fp16, time_us, l2_state (cold | warm); other
/// columns and lines starting with # pass. Rows without a measured value are kept out. Throws Error naming file, line, column
/// and value.
std::vector<MeasuredRow> read_measured(const std::filesystem::path& file);

/// The description that simulates a kernel of a measurement: our own names as they are, and the names papers use
/// ("TC-FPx_W6A16" is tc-fpx-w6a16). Empty where there is none.
std::string description_of_kernel(const std::string& measured_name);

}  // namespace fp6sim::sim
