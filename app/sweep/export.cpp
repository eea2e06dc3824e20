// What a sweep asked for, as CSV and JSON.
#include <fmt/core.h>

#include <boost/json/serialize.hpp>
#include <set>

#include "app/sweep/run_sweep.h"
#include "app/text/table.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

constexpr const char* kResultColumns[] = {
    "time_us",  "floor_us",  "cycles",   "dram_bytes", "dram_bandwidth_pct",
    "bound_by", "energy_uj", "area_mm2", "quality_db", "bits_per_weight",
    "tile",     "split_k"};

std::string cell(const bj::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return "";
  if (value->is_string()) return std::string(value->get_string());
  return value->is_double() ? fmt::format("{}", value->get_double()) : bj::serialize(*value);
}

}  // namespace

std::vector<StoredPoint> sweep_points(const std::vector<PlannedPoint>& plan, const SweepOutcome& outcome,
                                      Database& database) {
  std::vector<StoredPoint> points;
  for (const std::size_t i : outcome.asked) {
    auto stored = database.find(plan[i].key);
    if (!stored) continue;
    stored->point = plan[i].point;  // under the labels of this sweep
    points.push_back(std::move(*stored));
  }
  return points;
}

std::string sweep_csv(const std::vector<StoredPoint>& points) {
  std::set<std::string> fields, shares;
  for (const StoredPoint& stored : points) {
    for (const auto& member : stored.point.overrides) fields.emplace(member.key());
    if (const auto* stack = stored.result.if_contains("stack")) {
      for (const auto& member : stack->as_object()) shares.emplace(member.key());
    }
  }
  std::vector<std::string> header = {"workload", "layer",  "count",  "m",     "k",       "batch",
                                     "gpu",      "kernel", "design", "split", "l2_state"};
  header.insert(header.end(), fields.begin(), fields.end());
  header.insert(header.end(), std::begin(kResultColumns), std::end(kResultColumns));
  for (const std::string& share : shares) header.push_back("share_" + share);
  header.push_back("error");
  Table table(std::move(header));
  for (const StoredPoint& stored : points) {
    const Point& p = stored.point;
    std::vector<std::string> row = {p.workload,
                                    p.layer,
                                    std::to_string(p.count),
                                    std::to_string(p.shape.m),
                                    std::to_string(p.shape.k),
                                    std::to_string(p.shape.n),
                                    p.gpu,
                                    p.kernel,
                                    p.design,
                                    p.split,
                                    p.warm_l2 ? "warm" : "cold"};
    for (const std::string& field : fields) row.push_back(cell(p.overrides, field));
    for (const char* column : kResultColumns) row.push_back(cell(stored.result, column));
    const auto* stack = stored.result.if_contains("stack");
    for (const std::string& share : shares)
      row.push_back(stack == nullptr ? "" : cell(stack->as_object(), share));
    row.push_back(stored.error);
    table.add(std::move(row));
  }
  return table.csv();
}

bj::object stored_point_json(const StoredPoint& stored) {
  bj::object entry = stored.point.to_json();
  entry["key"] = stored.key;
  for (const auto& member : stored.result) entry[member.key()] = member.value();
  if (!stored.error.empty()) entry["error"] = stored.error;
  return entry;
}

}  // namespace fp6sim::app
