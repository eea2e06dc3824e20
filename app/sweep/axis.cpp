#include "app/sweep/axis.h"

#include <algorithm>
#include <cmath>

namespace fp6sim::app {
namespace {

namespace bj = boost::json;
constexpr double kAny = 1e18;
constexpr std::size_t kMostValues = 100'000;

/// Whole numbers stay integers: "batch": {"from": 1, ...} gives 1, not 1.0.
bj::value number_value(double x) {
  if (x == std::floor(x) && std::abs(x) < 9e15) return static_cast<std::int64_t>(x);
  return x;
}

void read_progression(json::Object& object, const json::Value& value, Axis& axis) {
  const double from = object.number("from", -kAny, kAny);
  const double to = object.number("to", -kAny, kAny);
  const auto factor = object.find("factor");
  const auto step = object.find("step");
  if (factor.has_value() == step.has_value())
    value.refuse("expected either 'factor' or 'step' beside 'from' and 'to'");
  if (to < from) value.refuse("expected 'to' not below 'from'");
  const double by = factor ? factor->as_number(1 + 1e-6, kAny) : step->as_number(1e-12, kAny);
  if (factor && from <= 0) value.refuse("expected 'from' above 0 with 'factor'");
  // Computed from the index, so that errors do not add up; the tolerance lets 0.1 .. 0.3 step 0.1 reach 0.3.
  for (std::size_t i = 0; i <= kMostValues; ++i) {
    const double x =
        factor ? from * std::pow(by, static_cast<double>(i)) : from + by * static_cast<double>(i);
    if (x > to * (1 + (to > 0 ? 1e-12 : -1e-12)) + 1e-300) return;
    if (i == kMostValues) value.refuse("expected at most " + std::to_string(kMostValues) + " values");
    axis.values.push_back(number_value(x));
  }
}

void read_range(json::Object& object, const json::Value& value, Axis& axis) {
  static constexpr std::string_view kScales[] = {"linear", "log"};
  Range range;
  range.min = object.number("min", -kAny, kAny);
  range.max = object.number("max", -kAny, kAny);
  const auto scale = object.find("scale");
  range.logarithmic = scale && scale->as_one_of(kScales) == "log";
  range.integer = object.boolean_or("integer", false);
  if (range.max <= range.min) value.refuse("expected 'max' above 'min'");
  if (range.logarithmic && range.min <= 0) value.refuse("expected 'min' above 0 on a log scale");
  axis.range = range;
}

}  // namespace

bj::value Range::at(double position) const {
  double x = logarithmic ? min * std::pow(max / min, position) : min + (max - min) * position;
  if (integer) x = std::clamp(std::round(x), std::ceil(min), std::floor(max));
  return number_value(x);
}

bj::value Axis::at(double position) const {
  if (range) return range->at(position);
  const auto index = static_cast<std::size_t>(position * static_cast<double>(values.size()));
  return values[std::min(index, values.size() - 1)];
}

Axis read_axis(const std::string& name, const json::Value& value) {
  Axis axis;
  axis.name = name;
  if (value.is_object()) {
    json::Object object = value.as_object();
    object.accept_only({"from", "to", "factor", "step", "min", "max", "scale", "integer"});
    value.raw().as_object().contains("min") ? read_range(object, value, axis)
                                            : read_progression(object, value, axis);
    object.finish();
    return axis;
  }
  const std::vector<json::Value> elements =
      value.is_array() ? value.as_array(1, kMostValues) : std::vector{value};
  for (const json::Value& element : elements) {
    if (element.is_object() || element.is_array()) {
      element.refuse("expected a number, a string, true, false, or null for a field left as it is");
    }
    if (std::find(axis.values.begin(), axis.values.end(), element.raw()) != axis.values.end()) {
      element.refuse("this axis has that value already");
    }
    axis.values.push_back(element.raw());
  }
  return axis;
}

}  // namespace fp6sim::app
