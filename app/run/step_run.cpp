#include "app/run/step_run.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <map>

#include "app/point/evaluate.h"
#include "app/workers/run_points.h"
#include "emu/json/reader.h"
#include "sim/decode_step.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

/// A step as a worker is asked for it: `point` without a layer (its shape is the batch), and where the model
/// is.
struct StepTask {
  Point point;
  std::string workload;  ///< name or path
};

sim::StepResult simulate_task(const StepTask& task, const Inputs& inputs, const std::string& timeline = {}) {
  sim::StepOptions options = step_options(task.point, inputs);
  options.timeline_path = timeline;
  return sim::simulate_step(inputs.gpu, inputs.kernel, inputs.design, sim::load_workload(task.workload),
                            task.point.shape.n, options);
}

/// One GEMM of `count`.
sim::GemmResult mean_of(sim::GemmResult result, std::int64_t count) {
  const auto scale = static_cast<double>(count);
  result.cycles = static_cast<std::uint64_t>(static_cast<double>(result.cycles) / scale + 0.5);
  result.dram_bytes = static_cast<std::uint64_t>(static_cast<double>(result.dram_bytes) / scale + 0.5);
  result.time_us /= scale;
  result.floor_us /= scale;
  result.energy_uj /= scale;
  for (sim::Counter& counter : result.counters) {
    if (counter.unit != "%") counter.value /= scale;
  }
  return result;
}

bj::object total_json(const sim::StepResult& step) {
  bj::object stack;
  for (const auto& entry : step.total.stack) stack[entry.name] = entry.share;
  return {{"floor_us", step.total.floor_us},
          {"dram_bytes", step.total.dram_bytes},
          {"dram_bandwidth_pct", step.total.dram_bandwidth_pct},
          {"weight_bytes", step.weight_bytes},
          {"energy_uj", step.total.energy_uj},
          {"bound_by", step.total.bound_by},
          {"stack", std::move(stack)},
          {"gemms", step.gemms},
          {"simulated_gemms", step.simulated_gemms},
          {"repetition_us", bj::value_from(step.repetition_us)}};
}

StepTask task_of(const ModelRunSpec& spec, const std::string& gpu, const std::string& workload,
                 std::int64_t batch, const Column& column) {
  StepTask task;
  task.workload = workload;
  task.point.gpu = gpu;
  task.point.kernel = column.kernel;
  task.point.design = column.design;
  task.point.shape.n = batch;
  task.point.split = column.splits ? spec.split : "";
  task.point.warm_l2 = !spec.first_step;
  task.point.exact = spec.exact;
  return task;
}

std::string request_of(const StepTask& task) {
  return bj::serialize(bj::object{{"point", task.point.to_json()}, {"workload", task.workload}});
}

/// The tasks of a run, each once: columns may be the baseline themselves.
class Tasks {
 public:
  std::size_t number_of(const StepTask& task) {
    std::string request = request_of(task);
    const auto [entry, fresh] = known_.try_emplace(request, tasks_.size());
    if (fresh) {
      cache_.inputs(task.point);  // bad names are refused before anything runs
      std::string name = task.point.kernel + " step of " + task.workload + " batch " +
                         std::to_string(task.point.shape.n) + " on " + task.point.gpu;
      tasks_.push_back({std::move(request), std::move(name)});
    }
    return entry->second;
  }
  std::vector<bj::object> run(int jobs) const { return run_tasks(tasks_, evaluate_step_text, jobs); }

 private:
  InputCache cache_;
  std::map<std::string, std::size_t> known_;
  std::vector<NamedTask> tasks_;
};

}  // namespace

std::string evaluate_step_text(const std::string& text) {
  static InputCache cache;  // one a worker process
  const json::Document document = json::parse(text, "step");
  json::Object object = document.object();
  StepTask task;
  task.point = Point::from_json(object.get("point"));
  task.workload = object.string("workload");
  object.finish();
  const Inputs inputs = cache.inputs(task.point);
  const sim::StepResult step = simulate_task(task, inputs);
  bj::object layers;
  for (const sim::StepLayer& layer : step.layers) {
    Point point = task.point;
    point.shape = layer.shape;
    layers[layer.label] = result_json(point, inputs, mean_of(layer.sum, layer.count));
  }
  return bj::serialize(bj::object{{"layers", std::move(layers)}, {"total", total_json(step)}});
}

ModelRun run_steps(const ModelRunSpec& spec) {
  ModelRun run{spec, columns_of(spec), {}, {}};
  struct Asked {
    std::size_t own, baseline;
  };
  const Column baseline{std::string(kBaselineKernel), std::string(kDefaultDesign), false};
  std::vector<Asked> asked;  // by GPU, workload, batch, column
  Tasks tasks;
  for (const auto& gpu : spec.gpus) {
    for (const auto& workload : spec.workloads) {
      for (const std::int64_t batch : spec.batches) {
        for (const Column& column : run.columns) {
          asked.push_back({tasks.number_of(task_of(spec, gpu, workload, batch, column)),
                           tasks.number_of(task_of(spec, gpu, workload, batch, baseline))});
        }
      }
    }
  }
  const std::vector<bj::object> results = tasks.run(spec.jobs);
  const auto layer_of = [&](std::size_t task, const std::string& label) {
    return results[task].at("layers").at(label).as_object();
  };
  std::size_t first = 0;
  for (const auto& gpu : spec.gpus) {
    for (const auto& name : spec.workloads) {
      const sim::Workload workload = sim::load_workload(name);
      for (const auto& layer : workload.layers) {
        if (!layer.per_token) continue;
        std::size_t at = first;
        for (const std::int64_t batch : spec.batches) {
          for (const Column& column : run.columns) {
            const Asked& numbers = asked[at++];
            ModelRunRow row;
            row.point = task_of(spec, gpu, name, batch, column).point;
            row.point.shape = {layer.m, layer.k, batch};
            row.point.workload = workload.name;
            row.point.layer = layer.label;
            row.point.count = layer.count;
            row.result = layer_of(numbers.own, layer.label);
            const bj::object half = layer_of(numbers.baseline, layer.label);
            row.baseline_us = half.at("time_us").to_number<double>();
            row.baseline_floor_us = half.at("floor_us").to_number<double>();
            run.rows.push_back(std::move(row));
          }
        }
      }
      first += spec.batches.size() * run.columns.size();
    }
  }
  for (const Asked& numbers : asked) run.steps.push_back(results[numbers.own].at("total").as_object());
  return run;
}

void write_step_timeline(const ModelRunSpec& spec, const std::string& workload, const ModelRunRow& row,
                         const std::string& path) {
  InputCache cache;
  Column column{row.point.kernel, row.point.design, !row.point.split.empty()};
  const StepTask task = task_of(spec, row.point.gpu, workload, row.point.shape.n, column);
  simulate_task(task, cache.inputs(task.point), path);
}

}  // namespace fp6sim::app
