// One dimension of a sweep: a list of values, or a range to sample.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "emu/json/reader.h"

namespace fp6sim::app {

/// Values between two numbers, for sampling.
struct Range {
  double min = 0, max = 0;
  bool logarithmic = false;
  bool integer = false;
  /// The value at `position` in [0, 1).
  boost::json::value at(double position) const;
};

struct Axis {
  std::string name;  ///< "batch", "gpu", "gpu.l2.size_mb", ...
  std::vector<boost::json::value> values;
  std::optional<Range> range;  ///< instead of values

  bool is_list() const { return !range.has_value(); }
  std::size_t levels() const { return values.size(); }
  /// The value at `position` in [0, 1), whichever kind the axis is.
  boost::json::value at(double position) const;
};

/// Reads the value of one key of "axes":
///   [1, 8, 16]                                 a list
///   8                                          a list of one
///   [null, 32, 64]                             null: the description's own value, or that it has none
///   {"from": 1, "to": 64, "factor": 2}         1 2 4 8 16 32 64
///   {"from": 10, "to": 80, "step": 10}         10 20 ... 80
///   {"min": 10, "max": 80, "scale": "log"}     a range (scale linear or log, "integer": true), for sampling
/// Throws fp6sim::Error naming path and value.
Axis read_axis(const std::string& name, const json::Value& value);

}  // namespace fp6sim::app
