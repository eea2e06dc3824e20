// A comparison for people and for programs.
#include <fmt/core.h>

#include "app/compare/comparison.h"
#include "app/point/evaluate.h"
#include "app/text/table.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;
constexpr std::size_t kWorstShown = 10;

std::vector<std::string> statistics_row(const std::string& name, const ErrorStatistics& s) {
  return {name,
          std::to_string(s.count),
          fmt::format("{:.2f}", s.mean_abs_pct),
          fmt::format("{:.2f}", s.p90_abs_pct),
          fmt::format("{:.2f}", s.worst_abs_pct),
          s.constant_mean_abs_pct ? fmt::format("{:.2f}", *s.constant_mean_abs_pct) : "-"};
}

bj::object value_json(const ComparedValue& value) {
  bj::object entry{{"model", value.row.model},
                   {"layer", value.row.layer},
                   {"m", value.row.m},
                   {"k", value.row.k},
                   {"batch", value.row.batch},
                   {"kernel", value.point.kernel},
                   {"gpu", value.point.gpu},
                   {"l2_state", l2_state(value.point)},
                   {"quantity", value.quantity},
                   {"measured", value.sample.measured},
                   {"predicted", value.sample.predicted},
                   {"error_pct", value.sample.error_pct()},
                   {"bound_by", value.bound_by}};
  if (value.row.spread_pct) entry["spread_pct"] = *value.row.spread_pct;
  return entry;
}

bj::object statistics_json(const std::map<std::string, ErrorStatistics>& statistics) {
  bj::object object;
  for (const auto& [name, s] : statistics) object[name] = s.to_json();
  return object;
}

}  // namespace

std::string comparison_text(const Comparison& comparison) {
  Table table({"kernel", "rows", "mean error %", "p90 %", "worst %", "best constant %"});
  for (const auto& [kernel, s] : comparison.by_kernel()) table.add(statistics_row(kernel, s));
  table.add_rule();
  table.add(statistics_row("all", comparison.overall()));
  std::string text =
      "Predicted against measured (absolute errors; best constant: one number for each kernel and batch,\n"
      "fitted to these rows)\n\n" +
      table.text();
  if (!comparison.counters.empty()) {
    Table counters({"counter", "rows", "mean error %", "p90 %", "worst %", "best constant %"});
    for (const auto& [name, s] : comparison.by_counter()) counters.add(statistics_row(name, s));
    text.append("\nCounters\n\n").append(counters.text());
  }
  Table worst({"worst", "layer", "batch", "kernel", "measured", "predicted", "error %", "bound by"});
  for (const ComparedValue* value : comparison.worst(kWorstShown)) {
    worst.add({value->row.model, fmt::format("{} {}x{}", value->row.layer, value->row.m, value->row.k),
               std::to_string(value->row.batch), value->point.kernel,
               fmt::format("{:.3f}", value->sample.measured), fmt::format("{:.3f}", value->sample.predicted),
               fmt::format("{:+.1f}", value->sample.error_pct()), value->bound_by});
  }
  text.append("\n").append(worst.text());
  for (const auto& [kernel, rows] : comparison.skipped) {
    text += fmt::format("skipped: {} ({} rows): no description of this kernel\n", kernel, rows);
  }
  if (comparison.baseline_rows > 0) {
    text += fmt::format("not counted: {} rows that are the baseline of their own ratio\n",
                        comparison.baseline_rows);
  }
  if (comparison.empty_rows > 0)
    text += fmt::format("not counted: {} rows without a value\n", comparison.empty_rows);
  return text;
}

bj::object comparison_json(const Comparison& comparison) {
  bj::array rows, counters, skipped, worst, ignored;
  bj::object skipped_rows;
  for (const ComparedValue& value : comparison.times) rows.push_back(value_json(value));
  for (const ComparedValue& value : comparison.counters) counters.push_back(value_json(value));
  for (const ComparedValue* value : comparison.worst(kWorstShown)) worst.push_back(value_json(*value));
  for (const auto& [kernel, count] : comparison.skipped) {
    skipped.emplace_back(kernel);
    skipped_rows[kernel] = count;
  }
  for (const std::string& column : comparison.ignored_columns) ignored.emplace_back(column);
  return {{"schema", "fp6sim-compare-1"},
          {"program", program_version()},
          {"overall", comparison.overall().to_json()},
          {"kernels", statistics_json(comparison.by_kernel())},
          {"counters", statistics_json(comparison.by_counter())},
          {"skipped", std::move(skipped)},
          {"skipped_rows", std::move(skipped_rows)},
          {"baseline_rows", comparison.baseline_rows},
          {"empty_rows", comparison.empty_rows},
          {"ignored_columns", std::move(ignored)},
          {"worst", std::move(worst)},
          {"rows", std::move(rows)},
          {"counter_rows", std::move(counters)}};
}

}  // namespace fp6sim::app
