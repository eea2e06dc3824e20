// Measured times and speedups, read from CSV files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fp6sim::app {

/// What a file may have measured, in the order a row is judged by: the first it has is its time or speedup.
inline constexpr const char* kTimeColumn = "time_us";
inline constexpr const char* kSpeedupColumn = "speedup_over_cublas_fp16";
inline constexpr const char* kCounterColumns[] = {"dram_bytes", "l2_sectors", "l2_hit_pct", "smem_conflicts",
                                                  "inst_executed"};

struct MeasuredRow {
  std::string model, layer;
  std::string kernel;  ///< our name of it
  std::string kernel_in_file;
  std::int64_t m = 0, k = 0, batch = 0;
  std::string gpu, split;       ///< where the file says so
  std::optional<bool> warm_l2;  ///< column l2_state
  std::optional<double> clock_mhz, spread_pct;
  std::map<std::string, double> values;  ///< measured quantity -> value; empty cells are left out
  std::string place;                     ///< "file.csv:12"
};

struct MeasuredFile {
  std::vector<MeasuredRow> rows;
  std::vector<std::string> ignored_columns;  ///< not known here: named, never guessed at
};

/// Reads one CSV (RFC 4180 cells; lines that start with # are comments). Columns in any order; model, layer,
/// M, K, batch, kernel and at least one measured quantity are needed. Throws fp6sim::Error with file and
/// line: missing or repeated columns (unknown ones near a known name are suggested), cells that are no
/// numbers or out of range, rows of another width, no rows at all.
MeasuredFile read_measured(const std::filesystem::path& file);

/// Other people's names of kernels, as the published tables have them, to ours; any other name is itself.
std::string kernel_alias(const std::string& name);

}  // namespace fp6sim::app
