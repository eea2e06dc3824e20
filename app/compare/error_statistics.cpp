#include "app/compare/error_statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace fp6sim::app {
namespace {

constexpr std::size_t kSmallestGroup = 3;

/// Sum over the group of |constant * yardstick / measured - 1|, at the constant that minimises it. With
/// r = measured / yardstick that is sum |constant - r| / r: the median of r weighted by 1 / r.
double best_constant_error(const std::vector<const ErrorSample*>& group) {
  std::vector<double> ratios;
  for (const ErrorSample* sample : group) ratios.push_back(sample->measured / sample->yardstick);
  std::sort(ratios.begin(), ratios.end());
  const double half =
      std::accumulate(ratios.begin(), ratios.end(), 0.0, [](double sum, double r) { return sum + 1 / r; }) /
      2;
  double below = 0, constant = ratios.back();
  for (const double ratio : ratios) {
    below += 1 / ratio;
    if (below >= half) {
      constant = ratio;
      break;
    }
  }
  double error = 0;
  for (const double ratio : ratios) error += std::abs(constant / ratio - 1);
  return error;
}

}  // namespace

ErrorStatistics error_statistics(const std::vector<ErrorSample>& samples) {
  ErrorStatistics statistics;
  statistics.count = samples.size();
  if (samples.empty()) return statistics;
  std::vector<double> errors;
  std::map<std::string, std::vector<const ErrorSample*>> groups;
  for (const ErrorSample& sample : samples) {
    errors.push_back(std::abs(sample.error_pct()));
    groups[sample.group].push_back(&sample);
  }
  std::sort(errors.begin(), errors.end());
  const double n = static_cast<double>(errors.size());
  statistics.mean_abs_pct = std::accumulate(errors.begin(), errors.end(), 0.0) / n;
  const double rank = 0.9 * (n - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, errors.size() - 1);
  statistics.p90_abs_pct = std::lerp(errors[below], errors[above], rank - static_cast<double>(below));
  statistics.worst_abs_pct = errors.back();
  double constant_error = 0;
  std::size_t constant_rows = 0;
  for (const auto& [name, group] : groups) {
    if (group.size() < kSmallestGroup) continue;
    constant_error += best_constant_error(group);
    constant_rows += group.size();
  }
  if (constant_rows > 0)
    statistics.constant_mean_abs_pct = 100 * constant_error / static_cast<double>(constant_rows);
  return statistics;
}

boost::json::object ErrorStatistics::to_json() const {
  boost::json::value constant = nullptr;
  if (constant_mean_abs_pct) constant = *constant_mean_abs_pct;
  return {{"count", count},
          {"mean_abs_error_pct", mean_abs_pct},
          {"p90_abs_error_pct", p90_abs_pct},
          {"worst_abs_error_pct", worst_abs_pct},
          {"constant_mean_abs_error_pct", std::move(constant)}};
}

}  // namespace fp6sim::app
