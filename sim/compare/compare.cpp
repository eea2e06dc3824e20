#include "sim/compare/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "emu/error.h"

namespace fp6sim::sim {
namespace {

constexpr const char* kBaseline = "cublas-fp16";
constexpr std::size_t kSmallestGroup = 3;

CompareRun run_of(const std::string& kernel, const MeasuredRow& row, bool warm_l2) {
  return {kernel, row.shape, warm_l2 || row.warm_l2};
}

const RunTime& result_of(const std::map<CompareRun, RunTime>& results, const CompareRun& run) {
  const auto found = results.find(run);
  if (found == results.end()) throw Error("compare: no result for a run of " + run.kernel);
  return found->second;
}

/// The constant c that minimises the mean of |c / v_i - 1| is the median of v_i, each weighing 1 / v_i.
double best_constant(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double total = 0;
  for (const double v : values) total += 1 / v;
  double below = 0;
  for (const double v : values) {
    below += 1 / v;
    if (2 * below >= total) return v;
  }
  return values.back();
}

/// Errors of the best constant of each (kernel, quantity, batch), row by row.
std::vector<double> constant_errors(const std::vector<const ComparedRow*>& rows) {
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::vector<double>> groups;
  const auto scaled = [](const ComparedRow& row) {
    return row.quantity == "time_us" ? row.value / row.floor_us : row.value;
  };
  for (const ComparedRow* row : rows) {
    groups[{row->kernel, row->quantity, row->measured.shape.n}].push_back(scaled(*row));
  }
  std::vector<double> errors;
  for (const auto& [key, values] : groups) {
    if (values.size() < kSmallestGroup) continue;
    const double constant = best_constant(values);
    for (const double v : values) errors.push_back(100 * std::abs(constant / v - 1));
  }
  return errors;
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

ErrorSummary summary_of(const std::vector<const ComparedRow*>& rows) {
  ErrorSummary summary;
  summary.count = static_cast<int>(rows.size());
  if (rows.empty()) return summary;
  std::vector<double> errors;
  for (const ComparedRow* row : rows) {
    errors.push_back(std::abs(row->error_pct));
    summary.bias_pct += row->error_pct / static_cast<double>(rows.size());
  }
  std::sort(errors.begin(), errors.end());
  summary.mean_abs_error_pct = mean(errors);
  // Nearest rank: the smallest error that at least 90 % of the rows do not exceed.
  const auto rank = static_cast<std::size_t>(std::ceil(0.9 * static_cast<double>(errors.size())));
  summary.p90_abs_error_pct = errors[rank - 1];
  summary.worst_abs_error_pct = errors.back();
  summary.constant_mean_abs_error_pct = mean(constant_errors(rows));
  return summary;
}

}  // namespace

std::vector<CompareRun> runs_for(const std::vector<MeasuredRow>& rows, bool warm_l2) {
  std::set<CompareRun> runs;
  for (const MeasuredRow& row : rows) {
    const std::string kernel = description_of_kernel(row.kernel);
    if (kernel.empty()) continue;
    if (kernel == kBaseline && !row.time_us) continue;
    runs.insert(run_of(kernel, row, warm_l2));
    if (row.speedup) runs.insert(run_of(kBaseline, row, warm_l2));
  }
  return {runs.begin(), runs.end()};
}

Comparison compare(const std::vector<MeasuredRow>& rows, bool warm_l2, const std::map<CompareRun, RunTime>& results) {
  Comparison comparison;
  for (const MeasuredRow& row : rows) {
    const std::string kernel = description_of_kernel(row.kernel);
    if (kernel.empty()) {
      if (std::find(comparison.skipped.begin(), comparison.skipped.end(), row.kernel) == comparison.skipped.end()) {
        comparison.skipped.push_back(row.kernel);
      }
      continue;
    }
    if (kernel == kBaseline && !row.time_us) continue;
    const RunTime& own = result_of(results, run_of(kernel, row, warm_l2));
    const auto add = [&](const char* quantity, double value, double simulated) {
      comparison.rows.push_back({row, kernel, quantity, value, simulated, 100 * (simulated / value - 1), own.floor_us});
    };
    if (row.time_us) add("time_us", *row.time_us, own.time_us);
    if (row.speedup && kernel != kBaseline) {
      const RunTime& baseline = result_of(results, run_of(kBaseline, row, warm_l2));
      add("speedup_over_cublas_fp16", *row.speedup, baseline.time_us / own.time_us);
    }
  }
  std::vector<const ComparedRow*> all;
  std::map<std::string, std::vector<const ComparedRow*>> by_kernel;
  for (const ComparedRow& row : comparison.rows) {
    all.push_back(&row);
    by_kernel[row.kernel].push_back(&row);
  }
  comparison.overall = summary_of(all);
  for (const auto& [kernel, kernel_rows] : by_kernel) comparison.kernels[kernel] = summary_of(kernel_rows);
  return comparison;
}

}  // namespace fp6sim::sim
