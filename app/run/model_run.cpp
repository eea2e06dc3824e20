#include "app/run/model_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "app/point/evaluate.h"
#include "app/run/step_run.h"
#include "app/workers/run_points.h"
#include "emu/error.h"
#include "sim/workload.h"

namespace fp6sim::app {

std::string Column::title() const {
  return design == kDefaultDesign ? kernel : kernel + " @" + design;
}

std::vector<Column> columns_of(const ModelRunSpec& spec) {
  std::vector<Column> columns;
  for (const auto& kernel : spec.kernels) {
    for (const auto& design : spec.designs) {
      // Nothing is expanded for FP16, wherever the unit may be.
      if (kernel == kBaselineKernel && design != spec.designs.front()) continue;
      const bool splits =
          sim::load_kernel(kernel).weights.bits == 6;  // only six bits are split in these ways
      columns.push_back({kernel, kernel == kBaselineKernel ? std::string(kDefaultDesign) : design, splits});
    }
  }
  return columns;
}

namespace {

/// Totals are by name: what is listed twice would count twice.
template <class T>
void refuse_repeats(const char* what, const std::vector<T>& listed) {
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (std::find(listed.begin(), listed.begin() + static_cast<std::ptrdiff_t>(i), listed[i]) !=
        listed.begin() + static_cast<std::ptrdiff_t>(i))
      throw Error(fmt::format("{} '{}' is listed twice", what, listed[i]));
  }
}

void check_lists(const ModelRunSpec& spec) {
  std::vector<std::string> names;
  for (const std::string& workload : spec.workloads) names.push_back(sim::load_workload(workload).name);
  refuse_repeats("workload", names);
  refuse_repeats("GPU", spec.gpus);
  refuse_repeats("kernel", spec.kernels);
  refuse_repeats("design", spec.designs);
  refuse_repeats("batch", spec.batches);
}

}  // namespace

ModelRun run_models(const ModelRunSpec& spec) {
  check_lists(spec);
  if (spec.step) return run_steps(spec);
  ModelRun run{spec, columns_of(spec), {}, {}};
  std::vector<Point> points;
  std::vector<std::size_t> row_points,
      row_baselines;  // rows share baselines, and columns may be the baseline
  std::map<std::string, std::size_t> known;
  const auto number_of = [&](const Point& point) {
    const auto [entry, fresh] = known.try_emplace(point_text(point), points.size());
    if (fresh) points.push_back(point);
    return entry->second;
  };
  for (const auto& gpu : spec.gpus) {
    for (const auto& name : spec.workloads) {
      const sim::Workload workload = sim::load_workload(name);
      for (const auto& layer : workload.layers) {
        for (const std::int64_t batch : spec.batches) {
          for (const Column& column : run.columns) {
            Point point;
            point.gpu = gpu;
            point.kernel = column.kernel;
            point.design = column.design;
            point.shape = {layer.m, layer.k, batch};
            point.split = column.splits ? spec.split : "";
            point.warm_l2 = spec.warm_l2;
            point.exact = spec.exact;
            point.workload = workload.name;
            point.layer = layer.label;
            point.count = layer.count;
            Point baseline = point;
            baseline.kernel = kBaselineKernel;
            baseline.design = kDefaultDesign;
            baseline.split.clear();
            row_points.push_back(number_of(point));
            row_baselines.push_back(number_of(baseline));
            run.rows.push_back({std::move(point), {}, 0, 0});
          }
        }
      }
    }
  }
  const auto results = run_points(points, spec.jobs);
  for (std::size_t i = 0; i < run.rows.size(); ++i) {
    run.rows[i].result = results[row_points[i]];
    run.rows[i].baseline_us = results[row_baselines[i]].at("time_us").to_number<double>();
    run.rows[i].baseline_floor_us = results[row_baselines[i]].at("floor_us").to_number<double>();
  }
  return run;
}

std::vector<ModelTotal> totals(const ModelRun& run) {
  std::vector<ModelTotal> sums;
  std::map<std::string, std::size_t> places;
  for (const ModelRunRow& row : run.rows) {
    const Point& point = row.point;
    const Column column{point.kernel, point.design, false};
    const std::string name =
        point.gpu + "\n" + point.workload + "\n" + std::to_string(point.shape.n) + "\n" + column.title();
    const auto [place, fresh] = places.try_emplace(name, sums.size());
    if (fresh) sums.push_back({point.workload, point.gpu, point.shape.n, column, 0, 0});
    sums[place->second].time_us += row.time_us() * static_cast<double>(point.count);
    sums[place->second].baseline_us += row.baseline_us * static_cast<double>(point.count);
  }
  return sums;
}

boost::json::object model_run_json(const ModelRun& run) {
  boost::json::array points, models;
  for (const ModelRunRow& row : run.rows) {
    boost::json::object entry = row.point.to_json();
    for (const auto& [name, value] : row.result) entry[name] = value;
    entry["baseline_us"] = row.baseline_us;
    entry["baseline_floor_us"] = row.baseline_floor_us;
    entry["speedup"] = row.speedup();
    points.push_back(std::move(entry));
  }
  const auto sums = totals(run);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const ModelTotal& total = sums[i];
    boost::json::object entry{{"workload", total.workload},
                              {"gpu", total.gpu},
                              {"batch", total.batch},
                              {"kernel", total.column.kernel},
                              {"design", total.column.design},
                              {"time_us", total.time_us},
                              {"tokens_per_s", total.tokens_per_s()},
                              {"speedup", total.baseline_us / total.time_us}};
    if (run.spec.step) {
      for (const auto& [name, value] : run.steps[i]) entry[name] = value;
    }
    models.push_back(std::move(entry));
  }
  return {{"schema", "fp6sim-run-1"},
          {"program", program_version()},
          {"step", run.spec.step},
          {"points", std::move(points)},
          {"models", std::move(models)}};
}

}  // namespace fp6sim::app
