// How far predictions are off.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fp6sim::app {

/// One predicted and measured value.
struct ErrorSample {
  double predicted = 0, measured = 0;
  std::string group;     ///< kernel and batch (and GPU, L2 state, quantity): what one constant is fitted to
  double yardstick = 1;  ///< the constant multiplies it: 1 for a ratio, the byte floor for a time

  double error_pct() const { return 100 * (predicted / measured - 1); }
};

struct ErrorStatistics {
  std::size_t count = 0;
  double mean_abs_pct = 0;
  double p90_abs_pct = 0;  ///< linear between ranks
  double worst_abs_pct = 0;
  /// Mean over the same rows when each group is predicted by its best single constant, the one that minimises
  /// this very mean, fitted on the rows themselves. Groups under three rows take no part; nothing where none
  /// is left.
  std::optional<double> constant_mean_abs_pct;

  /// design.md's names.
  boost::json::object to_json() const;
};

ErrorStatistics error_statistics(const std::vector<ErrorSample>& samples);

}  // namespace fp6sim::app
