// Simulated against measured: which runs a file of measurements needs, and the errors once they are done. The runs
// themselves are the caller's, so that it can spread them over processes.
#pragma once

#include <map>
#include <tuple>
#include <string>
#include <vector>

#include "sim/compare/measured.h"

namespace fp6sim::sim {

/// One simulation a comparison needs.
struct CompareRun {
  std::string kernel;  ///< a description's name
  GemmShape shape;
  bool warm_l2 = false;
  friend bool operator<(const CompareRun& a, const CompareRun& b) {
    return std::tie(a.kernel, a.shape.m, a.shape.k, a.shape.n, a.warm_l2) <
           std::tie(b.kernel, b.shape.m, b.shape.k, b.shape.n, b.warm_l2);
  }
};

struct ComparedRow {
  MeasuredRow measured;
  std::string kernel;     ///< the description's name
  std::string quantity;   ///< speedup_over_cublas_fp16 or time_us
  double value = 0;       ///< measured
  double simulated = 0;
  double error_pct = 0;   ///< 100 * (simulated / value - 1)
  double floor_us = 0;    ///< what a constant of a time scales
};

/// Errors in percent. `constant_mean_abs_error_pct`: the same for the best single constant a kernel and batch (for times: a
/// constant times the byte floor), fitted on the file itself; groups under three rows get none, and it is NaN where no group
/// has one.
struct ErrorSummary {
  int count = 0;
  double mean_abs_error_pct = 0, p90_abs_error_pct = 0, worst_abs_error_pct = 0, bias_pct = 0;
  double constant_mean_abs_error_pct = 0;
};

struct Comparison {
  std::vector<ComparedRow> rows;
  ErrorSummary overall;
  std::map<std::string, ErrorSummary> kernels;
  std::vector<std::string> skipped;  ///< kernels of the file without a description, each once
};

/// The distinct simulations `rows` need. A row that is the baseline of its own ratio needs none.
std::vector<CompareRun> runs_for(const std::vector<MeasuredRow>& rows, bool warm_l2);

/// Errors from the results of runs_for(): time_us and floor_us of every run.
struct RunTime {
  double time_us = 0;
  double floor_us = 0;
};
Comparison compare(const std::vector<MeasuredRow>& rows, bool warm_l2, const std::map<CompareRun, RunTime>& results);

}  // namespace fp6sim::sim
