// Measured against simulated, row by row.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "app/compare/error_statistics.h"
#include "app/compare/measured.h"
#include "app/point/point.h"

namespace fp6sim::app {

struct CompareSpec {
  std::vector<std::string> files;
  std::string gpu = "a100-sxm-40g";  ///< for rows that do not say
  std::string split;                 ///< for our six-bit kernels, where rows do not say
  bool warm_l2 = false;              ///< for rows that do not say
  bool exact = false;
  int jobs = 0;
};

/// One quantity of one row.
struct ComparedValue {
  MeasuredRow row;
  Point point;
  std::string quantity;
  ErrorSample sample;
  std::string bound_by;
};

struct Comparison {
  std::vector<ComparedValue> times;     ///< times and speedups: what `overall` and `kernels` are about
  std::vector<ComparedValue> counters;  ///< dram_bytes, ...
  std::map<std::string, int> skipped;   ///< kernels without a description -> rows
  int baseline_rows = 0;                ///< rows that are the baseline of their own ratio
  int empty_rows = 0;                   ///< rows with no value
  std::vector<std::string> ignored_columns;

  ErrorStatistics overall() const;
  std::map<std::string, ErrorStatistics> by_kernel() const;
  std::map<std::string, ErrorStatistics> by_counter() const;
  /// The `most` largest errors, largest first.
  std::vector<const ComparedValue*> worst(std::size_t most) const;
};

/// Reads the files and simulates every row (and FP16 for ratios). Throws fp6sim::Error.
Comparison compare(const CompareSpec& spec);

std::string comparison_text(const Comparison& comparison);
/// docs/json.md, "fp6sim compare".
boost::json::object comparison_json(const Comparison& comparison);

}  // namespace fp6sim::app
