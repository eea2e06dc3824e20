#include "app/point/point.h"

#include <fmt/core.h>

#include <boost/json/serialize.hpp>

namespace fp6sim::app {

boost::json::object Point::to_json() const {
  boost::json::object object = {
      {"step", step},       {"gpu", gpu},     {"kernel", kernel},       {"design", design},
      {"m", shape.m},       {"k", shape.k},   {"n", shape.n},           {"split", split},
      {"warm_l2", warm_l2}, {"exact", exact}, {"overrides", overrides}, {"workload", workload},
      {"layer", layer},     {"count", count}};
  if (loop) object["loop"] = true;
  return object;
}

Point Point::from_json(const json::Value& value) {
  constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();  // the simulator judges shapes
  json::Object object = value.as_object();
  Point point;
  point.step = object.string("step");
  point.gpu = object.get("gpu").as_name();
  point.kernel = object.get("kernel").as_name();
  point.design = object.get("design").as_name();
  point.shape = {object.integer("m", -kAny, kAny), object.integer("k", -kAny, kAny),
                 object.integer("n", -kAny, kAny)};
  point.split = object.string("split");
  point.warm_l2 = object.boolean("warm_l2");
  point.loop = object.boolean_or("loop", false);
  point.exact = object.boolean("exact");
  point.overrides = object.get("overrides").raw().as_object();
  point.workload = object.string("workload");
  point.layer = object.string("layer");
  point.count = object.integer("count", 1, kAny);
  object.finish();
  return point;
}

std::string_view l2_state(const Point& point) {
  return point.loop ? "loop" : point.warm_l2 ? "warm" : "cold";
}

std::string point_text(const Point& point) {
  std::string text = way_text(point);
  const std::string work =
      point.step.empty() ? fmt::format("{}x{}", point.shape.m, point.shape.k) : "step of " + point.step;
  return text.insert(point.kernel.size(), fmt::format(" {} batch {}", work, point.shape.n));
}

std::string way_text(const Point& point) {
  std::string text = point.kernel + " on " + point.gpu;
  if (point.design != kDefaultDesign) text += " with design " + point.design;
  if (!point.split.empty()) text += " split " + point.split;
  for (const auto& [path, value] : point.overrides) {
    text += fmt::format(" {}={}", std::string_view(path), boost::json::serialize(value));
  }
  return text;
}

}  // namespace fp6sim::app
