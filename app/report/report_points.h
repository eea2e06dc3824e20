// Points as a report's columns.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/point/point.h"

namespace fp6sim::app {

struct ReportPoint {
  Point point;
  boost::json::object result;  ///< empty where it failed
  std::string error;
  std::optional<double> baseline_us, baseline_floor_us;  ///< FP16 on the same GPU, where it is known
};

/// {"count", "fields", "columns", "stack_names", "stacks"}: what page/data.js reads. Numbers keep six digits:
/// a page of 20,000 points stays a few megabytes.
boost::json::object report_columns(const std::vector<ReportPoint>& points);

/// A number with six digits; null where it is none.
boost::json::value rounded(double x);

/// Gives each point the time of FP16 at its GPU, shape and L2 state, where that is among them.
void find_baselines(std::vector<ReportPoint>& points);

}  // namespace fp6sim::app
