// The tables of a run, for people.
#include <fmt/core.h>

#include <algorithm>

#include "app/run/model_run.h"
#include "app/text/table.h"

namespace fp6sim::app {
namespace {

std::string number(const boost::json::object& result, std::string_view key, const char* format) {
  return fmt::format(fmt::runtime(format), result.at(key).to_number<double>());
}

std::string layer_text(const Point& point) {
  return fmt::format("{} {}x{}", point.layer, point.shape.m, point.shape.k);
}

/// Rows of one GPU and workload, `columns` of them a line.
struct Section {
  const ModelRunRow* first;
  const ModelRunRow* last;
};

std::vector<Section> sections(const ModelRun& run) {
  std::vector<Section> found;
  for (const ModelRunRow& row : run.rows) {
    const bool same = !found.empty() && found.back().first->point.gpu == row.point.gpu &&
                      found.back().first->point.workload == row.point.workload;
    if (!same) found.push_back({&row, &row});
    found.back().last = &row + 1;
  }
  return found;
}

std::string times_table(const ModelRun& run, const Section& section) {
  std::vector<std::string> header = {"layer", "batch"};
  std::vector<Table::Group> groups = {{"", 2}};
  for (const Column& column : run.columns) {
    const bool baseline = column.kernel == kBaselineKernel;
    header.insert(header.end(), {"us", "DRAM %"});
    if (!baseline) header.push_back("speedup");
    groups.push_back({column.title(), baseline ? 2 : 3});
  }
  Table table(std::move(header));
  table.set_groups(std::move(groups));
  const auto width = static_cast<std::ptrdiff_t>(run.columns.size());
  std::string layer;
  for (const ModelRunRow* line = section.first; line != section.last; line += width) {
    if (!layer.empty() && layer != line->point.layer) table.add_rule();
    std::vector<std::string> cells = {layer == line->point.layer ? "" : layer_text(line->point),
                                      std::to_string(line->point.shape.n)};
    layer = line->point.layer;
    for (const ModelRunRow* row = line; row != line + width; ++row) {
      cells.push_back(number(row->result, "time_us", "{:.1f}"));
      cells.push_back(number(row->result, "dram_bandwidth_pct", "{:.1f}"));
      if (row->point.kernel != kBaselineKernel) cells.push_back(fmt::format("{:.2f}x", row->speedup()));
    }
    table.add(std::move(cells));
  }
  return table.text();
}

std::string bounds_table(const ModelRun& run, const Section& section) {
  std::vector<std::string> header = {"layer", "batch"};
  for (const Column& column : run.columns) header.push_back(column.title());
  Table table(std::move(header));
  const auto width = static_cast<std::ptrdiff_t>(run.columns.size());
  std::string layer;
  for (const ModelRunRow* line = section.first; line != section.last; line += width) {
    std::vector<std::string> cells = {layer == line->point.layer ? "" : layer_text(line->point),
                                      std::to_string(line->point.shape.n)};
    layer = line->point.layer;
    for (const ModelRunRow* row = line; row != line + width; ++row) {
      const std::string bound(row->result.at("bound_by").as_string());
      const auto* share = row->result.at("stack").as_object().if_contains(bound);
      cells.push_back(share == nullptr ? bound
                                       : fmt::format("{} {:.0f} %", bound, 100 * share->to_number<double>()));
    }
    table.add(std::move(cells));
  }
  return table.text();
}

std::string totals_table(const ModelRun& run) {
  Table table({"model", "GPU", "batch", "kernel", "ms a step", "tokens/s", "speedup over FP16"});
  std::string before;
  for (const ModelTotal& total : totals(run)) {
    const std::string here = total.workload + total.gpu;
    if (!before.empty() && before != here) table.add_rule();
    before = here;
    table.add({total.workload, total.gpu, std::to_string(total.batch), total.column.title(),
               fmt::format("{:.2f}", total.time_us / 1000), fmt::format("{:.0f}", total.tokens_per_s()),
               fmt::format("{:.2f}x", total.baseline_us / total.time_us)});
  }
  return table.text();
}

}  // namespace

std::string model_run_text(const ModelRun& run) {
  std::string text;
  for (const Section& section : sections(run)) {
    const Point& point = section.first->point;
    const std::string state =
        !run.spec.step ? (point.warm_l2 ? "warm L2" : "cold L2")
                       : (point.warm_l2 ? "a decode step after another" : "a first decode step, cold L2");
    text +=
        fmt::format("{} on {}, {}: time of one GEMM, share of the peak DRAM bandwidth, speedup over FP16\n\n",
                    point.workload, point.gpu, state);
    text += times_table(run, section) + "\nWhat bounds it (largest share of the time)\n\n" +
            bounds_table(run, section) + "\n";
  }
  return text +
         (run.spec.step
              ? "One decode step: all linear layers one after the other, the L2 carried along\n\n"
              : "All linear layers of the model, one decode step (--step simulates it as one)\n\n") +
         totals_table(run);
}

std::string model_run_csv(const ModelRun& run) {
  Table table({"workload", "layer", "m", "k", "batch", "count", "gpu", "kernel", "design", "split",
               "l2_state", "time_us", "speedup_over_cublas_fp16", "dram_bytes", "dram_bandwidth_pct",
               "bound_by", "energy_uj", "tokens_per_s"});
  for (const ModelRunRow& row : run.rows) {
    const Point& p = row.point;
    table.add(
        {p.workload, p.layer, std::to_string(p.shape.m), std::to_string(p.shape.k), std::to_string(p.shape.n),
         std::to_string(p.count), p.gpu, p.kernel, p.design, p.split, p.warm_l2 ? "warm" : "cold",
         fmt::format("{:.3f}", row.time_us()), fmt::format("{:.4f}", row.speedup()),
         number(row.result, "dram_bytes", "{:.0f}"), number(row.result, "dram_bandwidth_pct", "{:.2f}"),
         std::string(row.result.at("bound_by").as_string()), number(row.result, "energy_uj", "{:.3f}"), ""});
  }
  if (!run.spec.step) return table.csv();
  // Whole steps: a line each, with no layer's sizes.
  const auto sums = totals(run);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const ModelTotal& t = sums[i];
    const auto& step = run.steps[i];
    table.add({t.workload, "step", "", "", std::to_string(t.batch), number(step, "gemms", "{:.0f}"), t.gpu,
               t.column.kernel, t.column.design, t.column.kernel == kBaselineKernel ? "" : run.spec.split,
               run.spec.first_step ? "cold" : "warm", fmt::format("{:.3f}", t.time_us),
               fmt::format("{:.4f}", t.baseline_us / t.time_us), number(step, "dram_bytes", "{:.0f}"),
               number(step, "dram_bandwidth_pct", "{:.2f}"), std::string(step.at("bound_by").as_string()),
               number(step, "energy_uj", "{:.3f}"), fmt::format("{:.2f}", t.tokens_per_s())});
  }
  return table.csv();
}

}  // namespace fp6sim::app
