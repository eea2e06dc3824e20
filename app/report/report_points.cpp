#include "app/report/report_points.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

std::optional<double> number_in(const bj::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::string text_in(const bj::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

using Text = std::function<std::string(const ReportPoint&)>;
using Number = std::function<std::optional<double>(const ReportPoint&)>;

bj::object coded(const std::vector<ReportPoint>& points, const Text& text) {
  std::map<std::string, std::int64_t> codes_of;
  bj::array names, codes;
  for (const ReportPoint& point : points) {
    std::string name = text(point);
    const auto [entry, fresh] = codes_of.try_emplace(name, static_cast<std::int64_t>(names.size()));
    if (fresh) names.emplace_back(std::move(name));
    codes.emplace_back(entry->second);
  }
  return {{"names", std::move(names)}, {"codes", std::move(codes)}};
}

/// A column of numbers, left out where no point has one.
void add_numbers(bj::object& columns, const std::string& name, const std::vector<ReportPoint>& points,
                 const Number& number) {
  bj::array values;
  bool any = false;
  for (const ReportPoint& point : points) {
    const auto value = number(point);
    any |= value.has_value();
    values.push_back(value ? rounded(*value) : bj::value(nullptr));
  }
  if (any) columns[name] = std::move(values);
}

double flops_of(const ReportPoint& p) {
  const double one_layer = static_cast<double>(p.point.shape.m) * static_cast<double>(p.point.shape.k);
  return 2 * number_in(p.result, "weights").value_or(one_layer) * static_cast<double>(p.point.shape.n);
}

void add_fields(bj::object& columns, bj::array& fields, const std::vector<ReportPoint>& points) {
  std::map<std::string, bool> numeric;
  for (const ReportPoint& point : points) {
    for (const auto& member : point.point.overrides) {
      const auto entry = numeric.try_emplace(std::string(member.key()), true).first;
      entry->second &= member.value().is_number();
    }
  }
  for (const auto& [name, is_numeric] : numeric) {
    fields.emplace_back(name);
    if (is_numeric) {
      add_numbers(columns, name, points,
                  [&](const ReportPoint& p) { return number_in(p.point.overrides, name); });
    } else {
      columns[name] = coded(points, [&](const ReportPoint& p) {
        const auto* value = p.point.overrides.if_contains(name);
        return value == nullptr ? std::string() : bj::serialize(*value);
      });
    }
  }
}

void add_derived(bj::object& columns, const std::vector<ReportPoint>& points) {
  add_numbers(columns, "speedup", points, [](const ReportPoint& p) -> std::optional<double> {
    const auto time = number_in(p.result, "time_us");
    return time && p.baseline_us ? std::optional(*p.baseline_us / *time) : std::nullopt;
  });
  add_numbers(columns, "ceiling", points, [](const ReportPoint& p) -> std::optional<double> {
    const auto floor = number_in(p.result, "floor_us");
    return floor && p.baseline_floor_us ? std::optional(*p.baseline_floor_us / *floor) : std::nullopt;
  });
  add_numbers(columns, "intensity", points, [](const ReportPoint& p) -> std::optional<double> {
    const auto bytes = number_in(p.result, "dram_bytes");
    return bytes && *bytes > 0 ? std::optional(flops_of(p) / *bytes) : std::nullopt;
  });
  add_numbers(columns, "tflops", points, [](const ReportPoint& p) -> std::optional<double> {
    const auto time = number_in(p.result, "time_us");
    return time ? std::optional(flops_of(p) / *time * 1e-6) : std::nullopt;
  });
}

void add_stacks(bj::object& data, const std::vector<ReportPoint>& points) {
  std::vector<std::string> names;  // in the simulator's order
  for (const ReportPoint& point : points) {
    const auto* stack = point.result.if_contains("stack");
    if (stack == nullptr) continue;
    for (const auto& member : stack->as_object()) {
      if (std::find(names.begin(), names.end(), std::string_view(member.key())) == names.end()) {
        names.emplace_back(member.key());
      }
    }
  }
  bj::array stack_names, stacks;
  for (const std::string& name : names) {
    bj::array shares;
    for (const ReportPoint& point : points) {
      const auto* stack = point.result.if_contains("stack");
      shares.push_back(rounded(stack == nullptr ? 0 : number_in(stack->as_object(), name).value_or(0)));
    }
    stack_names.emplace_back(name);
    stacks.push_back(std::move(shares));
  }
  data["stack_names"] = std::move(stack_names);
  data["stacks"] = std::move(stacks);
}

}  // namespace

bj::value rounded(double x) {
  if (!std::isfinite(x)) return nullptr;
  if (x == std::floor(x) && std::abs(x) < 1e15) return static_cast<std::int64_t>(x);
  return std::stod(fmt::format("{:.6g}", x));
}

bj::object report_columns(const std::vector<ReportPoint>& points) {
  bj::object columns;
  bj::array fields;
  const std::pair<const char*, Text> texts[] = {
      {"workload", [](const ReportPoint& p) { return p.point.workload; }},
      {"layer", [](const ReportPoint& p) { return p.point.layer; }},
      {"gpu", [](const ReportPoint& p) { return p.point.gpu; }},
      {"kernel", [](const ReportPoint& p) { return p.point.kernel; }},
      {"design", [](const ReportPoint& p) { return p.point.design; }},
      {"split", [](const ReportPoint& p) { return p.point.split; }},
      {"l2_state", [](const ReportPoint& p) { return std::string(p.point.warm_l2 ? "warm" : "cold"); }},
      {"bound_by", [](const ReportPoint& p) { return text_in(p.result, "bound_by"); }},
      {"error", [](const ReportPoint& p) { return p.error; }}};
  for (const auto& [name, text] : texts) columns[name] = coded(points, text);
  add_numbers(columns, "m", points,
              [](const ReportPoint& p) { return std::optional<double>(p.point.shape.m); });
  add_numbers(columns, "k", points,
              [](const ReportPoint& p) { return std::optional<double>(p.point.shape.k); });
  add_numbers(columns, "batch", points,
              [](const ReportPoint& p) { return std::optional<double>(p.point.shape.n); });
  for (const char* name : {"time_us", "floor_us", "dram_bytes", "dram_bandwidth_pct", "energy_uj", "area_mm2",
                           "quality_db", "bits_per_weight", "peak_gb_s", "peak_tflops"}) {
    add_numbers(columns, name, points, [name](const ReportPoint& p) { return number_in(p.result, name); });
  }
  add_derived(columns, points);
  add_fields(columns, fields, points);
  bj::object data{{"count", points.size()}, {"fields", std::move(fields)}, {"columns", std::move(columns)}};
  add_stacks(data, points);
  return data;
}

void find_baselines(std::vector<ReportPoint>& points) {
  const auto name_of = [](const ReportPoint& p) {
    std::string name = fmt::format("{}|{}|{}|{}|{}|{}|{}", p.point.gpu, p.point.step, p.point.shape.m,
                                   p.point.shape.k, p.point.shape.n, p.point.warm_l2, p.point.exact);
    for (const auto& member : p.point.overrides) {
      if (std::string_view(member.key()).starts_with("gpu.")) {
        name.append("|").append(member.key()).append("=").append(bj::serialize(member.value()));
      }
    }
    return name;
  };
  std::map<std::string, const ReportPoint*> baselines;
  for (const ReportPoint& point : points) {
    if (point.point.kernel == kBaselineKernel && point.point.design == kDefaultDesign &&
        point.error.empty()) {
      baselines.try_emplace(name_of(point), &point);
    }
  }
  for (ReportPoint& point : points) {
    const auto found = baselines.find(name_of(point));
    if (found == baselines.end()) continue;
    point.baseline_us = number_in(found->second->result, "time_us");
    point.baseline_floor_us = number_in(found->second->result, "floor_us");
  }
}

}  // namespace fp6sim::app
