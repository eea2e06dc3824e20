#include "app/compare/comparison.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "app/point/evaluate.h"
#include "app/workers/run_points.h"
#include "emu/error.h"
#include "sim/data_files.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

/// The counter of the simulator a measured column is compared with.
std::optional<double> simulated_counter(const bj::object& result, const std::string& column) {
  const bj::object& counters = result.at("counters").as_object();
  const auto counter = [&](const char* name) -> std::optional<double> {
    const auto* value = counters.if_contains(name);
    if (value == nullptr) return std::nullopt;
    return value->to_number<double>();
  };
  if (column == "dram_bytes") return result.at("dram_bytes").to_number<double>();
  if (column == "l2_sectors") return counter("l2_read_sectors");
  if (column == "inst_executed") return counter("warp_instructions");
  if (column == "smem_conflicts") return counter("shared_conflicts");
  const auto hits = counter("l2_hit_sectors"), merged = counter("l2_merged_sectors"),
             all = counter("l2_read_sectors");
  if (column == "l2_hit_pct" && hits && all && *all > 0) return 100 * (*hits + merged.value_or(0)) / *all;
  return std::nullopt;
}

Point point_of(const MeasuredRow& row, const CompareSpec& spec, bool six_bits) {
  Point point;
  point.gpu = row.gpu.empty() ? spec.gpu : row.gpu;
  point.kernel = row.kernel;
  point.shape = {row.m, row.k, row.batch};
  point.warm_l2 = row.warm_l2.value_or(spec.warm_l2);
  // A ratio without more said is a benchmark's: thousands of launches of one GEMM in a row.
  point.loop = !row.warm_l2 && !spec.warm_l2 && !row.values.contains(kTimeColumn);
  point.exact = spec.exact;
  point.split = !row.split.empty() ? row.split : six_bits ? spec.split : "";
  point.workload = row.model;
  point.layer = row.layer;
  if (row.clock_mhz) point.overrides["gpu.sm.clock_mhz"] = *row.clock_mhz;
  return point;
}

/// Points to simulate, each once.
class PointList {
 public:
  std::size_t number_of(const Point& point) {
    const auto [entry, fresh] =
        numbers_.try_emplace(point_text(point) + " " + std::string(l2_state(point)), points_.size());
    if (fresh) points_.push_back(point);
    return entry->second;
  }
  const std::vector<Point>& points() const { return points_; }

 private:
  std::map<std::string, std::size_t> numbers_;
  std::vector<Point> points_;
};

struct Pending {
  MeasuredRow row;
  Point point;
  std::size_t own = 0, baseline = 0;
};

std::string group_of(const Pending& pending, const std::string& quantity) {
  const Point& point = pending.point;
  return point.kernel + "|" + std::to_string(point.shape.n) + "|" + point.gpu + "|" +
         std::string(l2_state(point)) + "|" + quantity;
}

void add_values(const Pending& pending, const std::vector<bj::object>& results, Comparison& comparison) {
  const bj::object& result = results[pending.own];
  const auto number = [](const bj::object& of, const char* key) { return of.at(key).to_number<double>(); };
  const auto value = [&](const std::string& quantity, double predicted, double measured, double yardstick) {
    return ComparedValue{pending.row,
                         pending.point,
                         quantity,
                         {predicted, measured, group_of(pending, quantity), yardstick},
                         std::string(result.at("bound_by").as_string())};
  };
  const auto& measured = pending.row.values;
  if (const auto time = measured.find(kTimeColumn); time != measured.end()) {
    comparison.times.push_back(
        value(kTimeColumn, number(result, "time_us"), time->second, number(result, "floor_us")));
  } else if (const auto speedup = measured.find(kSpeedupColumn); speedup != measured.end()) {
    if (pending.point.kernel == kBaselineKernel) {
      ++comparison.baseline_rows;
    } else {
      const double predicted = number(results[pending.baseline], "time_us") / number(result, "time_us");
      comparison.times.push_back(value(kSpeedupColumn, predicted, speedup->second, 1));
    }
  }
  for (const char* column : kCounterColumns) {
    const auto found = measured.find(column);
    const auto predicted = simulated_counter(result, column);
    if (found == measured.end() || !predicted || found->second == 0) continue;
    comparison.counters.push_back(value(column, *predicted, found->second, 1));
  }
}

std::map<std::string, ErrorStatistics> grouped(const std::vector<ComparedValue>& values,
                                               const std::function<std::string(const ComparedValue&)>& name) {
  std::map<std::string, std::vector<ErrorSample>> samples;
  for (const ComparedValue& value : values) samples[name(value)].push_back(value.sample);
  std::map<std::string, ErrorStatistics> statistics;
  for (const auto& [key, group] : samples) statistics[key] = error_statistics(group);
  return statistics;
}

}  // namespace

Comparison compare(const CompareSpec& spec) {
  Comparison comparison;
  std::vector<Pending> pending;
  PointList list;
  const std::vector<std::string> known = sim::kernel_names();
  std::map<std::string, bool> six_bits;
  for (const std::string& name : spec.files) {
    MeasuredFile file = read_measured(name);
    comparison.ignored_columns.insert(comparison.ignored_columns.end(), file.ignored_columns.begin(),
                                      file.ignored_columns.end());
    for (MeasuredRow& row : file.rows) {
      const bool is_path = row.kernel.ends_with(".json");
      if (!is_path && std::find(known.begin(), known.end(), row.kernel) == known.end()) {
        ++comparison.skipped[row.kernel_in_file];
        continue;
      }
      if (row.values.empty()) {
        ++comparison.empty_rows;
        continue;
      }
      const auto [six, fresh] = six_bits.try_emplace(row.kernel, false);
      if (fresh) six->second = sim::load_kernel(row.kernel).weights.bits == 6;
      Pending next{row, point_of(row, spec, six->second), 0, 0};
      Point baseline = next.point;
      baseline.kernel = kBaselineKernel;
      baseline.split.clear();
      next.own = list.number_of(next.point);
      next.baseline = row.values.contains(kTimeColumn) ? next.own : list.number_of(baseline);
      pending.push_back(std::move(next));
    }
  }
  if (pending.empty())
    throw Error("no row has both a value and a kernel with a description: nothing to compare");
  const std::vector<bj::object> results = run_points(list.points(), spec.jobs);
  for (const Pending& next : pending) add_values(next, results, comparison);
  return comparison;
}

ErrorStatistics Comparison::overall() const {
  std::vector<ErrorSample> samples;
  for (const ComparedValue& value : times) samples.push_back(value.sample);
  return error_statistics(samples);
}

std::map<std::string, ErrorStatistics> Comparison::by_kernel() const {
  return grouped(times, [](const ComparedValue& value) { return value.point.kernel; });
}

std::map<std::string, ErrorStatistics> Comparison::by_counter() const {
  return grouped(counters, [](const ComparedValue& value) { return value.quantity; });
}

std::vector<const ComparedValue*> Comparison::worst(std::size_t most) const {
  std::vector<const ComparedValue*> values;
  for (const ComparedValue& value : times) values.push_back(&value);
  std::stable_sort(values.begin(), values.end(), [](const ComparedValue* a, const ComparedValue* b) {
    return std::abs(a->sample.error_pct()) > std::abs(b->sample.error_pct());
  });
  values.resize(std::min(most, values.size()));
  return values;
}

}  // namespace fp6sim::app
