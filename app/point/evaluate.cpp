#include "app/point/evaluate.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "app/model_revision.h"
#include "app/point/overrides.h"
#include "app/point/quality.h"
#include "app/point/rtl_unit.h"
#include "emu/error.h"
#include "sim/data_files.h"

#ifdef FP6SIM_APP_PLANS
#include "app/plan/planned_kernel.h"
#endif

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

/// Descriptions remembered at most: random sweeps give each point its own.
constexpr std::size_t kMostRemembered = 1024;

std::string hash_of(const std::string& text) {
  boost::uuids::name_generator_sha1 generator(boost::uuids::ns::oid());
  return boost::uuids::to_string(generator(text));
}

/// The point's overrides whose path starts with `prefix`, without it.
bj::object overrides_under(const bj::object& overrides, std::string_view prefix) {
  bj::object found;
  for (const auto& [path, value] : overrides) {
    const std::string_view whole(path.data(), path.size());
    if (whole.starts_with(prefix)) found[whole.substr(prefix.size())] = value;
  }
  return found;
}

/// Where the description of `name` with `overrides` is, loaded and overridden if it is not known yet.
template <class Cache, class Read>
const auto& remembered(Cache& cache, std::map<std::string, bj::value>& files,
                       const sim::DescriptionFolder& folder, const std::string& name,
                       const bj::object& overrides, Read read) {
  const std::string full_name = name + "\n" + bj::serialize(overrides);
  if (const auto found = cache.find(full_name); found != cache.end()) return found->second;
  const std::filesystem::path path = sim::description_file(folder, name);
  auto file = files.find(path.string());
  if (file == files.end()) {
    const json::Document document = json::read_file(path);
    file = files.emplace(path.string(), document.root().raw()).first;
  }
  bj::value text = file->second;
  std::string source = path.string();
  for (const auto& [field, value] : overrides) {
    replace_field(text, field, value, std::string(folder.kind) + " '" + name + "'");
    source += " (with " + std::string(field) + " = " + bj::serialize(value) + ")";
  }
  if (cache.size() >= kMostRemembered) cache.clear();
  const std::string fingerprint = hash_of(bj::serialize(text));
  const json::Document document(std::move(text), std::move(source));
  using Loaded = typename Cache::mapped_type;
  return cache.emplace(full_name, Loaded{read(document), fingerprint}).first->second;
}

/// What of a workload enters a step's result.
std::string layers_text(const sim::Workload& workload) {
  bj::array layers;
  for (const sim::WorkloadLayer& layer : workload.layers) {
    layers.push_back(
        {bj::string(layer.label), layer.m, layer.k, layer.count, layer.repeat, bj::value(layer.per_token)});
  }
  return bj::serialize(layers);
}

bool overrides_tiles(const Point& point) {
  for (const auto& [path, value] : point.overrides) {
    const std::string_view whole(path.data(), path.size());
    if (whole.starts_with("kernel.tile") || whole.starts_with("kernel.split_k")) return true;
  }
  return false;
}

/// The point's kernel as it runs `shape`: ours with its own plan. Returns the plan as text, or nothing.
std::string plan_kernel(const Point& point, [[maybe_unused]] const sim::GemmShape& shape,
                        [[maybe_unused]] const Inputs& inputs,
                        [[maybe_unused]] sim::KernelDescription& kernel) {
  if (overrides_tiles(point)) return {};
#ifdef FP6SIM_APP_PLANS
  return apply_plan(point.kernel, point.split, shape, inputs.gpu, inputs.design, kernel);
#else
  return {};
#endif
}

}  // namespace

Inputs InputCache::inputs(const Point& point) {
  for (const auto& [path, value] : point.overrides) {
    const std::string_view whole(path.data(), path.size());
    if (!whole.starts_with("gpu.") && !whole.starts_with("kernel.") && !whole.starts_with("design.")) {
      throw Error("field '" + std::string(whole) +
                  "': expected a path that starts with gpu., kernel. or design.");
    }
  }
  const auto& gpu = remembered(gpus_, files_, sim::kGpuFolder, point.gpu,
                               overrides_under(point.overrides, "gpu."), sim::read_gpu);
  const auto& kernel = remembered(kernels_, files_, sim::kKernelFolder, point.kernel,
                                  overrides_under(point.overrides, "kernel."), sim::read_kernel);
  const auto& design = remembered(designs_, files_, sim::kDesignFolder, point.design,
                                  overrides_under(point.overrides, "design."), sim::read_design);
  Inputs inputs{gpu.description,
                kernel.description,
                design.description,
                {},
                gpu.fingerprint + kernel.fingerprint + design.fingerprint};
  if (!point.step.empty()) {
    auto known = workloads_.find(point.step);
    if (known == workloads_.end())
      known = workloads_.emplace(point.step, sim::load_workload(point.step)).first;
    inputs.workload = known->second;
    inputs.fingerprints += layers_text(inputs.workload);
    for (const sim::WorkloadLayer& layer : inputs.workload.layers) {
      sim::KernelDescription as_run = inputs.kernel;
      inputs.fingerprints += plan_kernel(point, {layer.m, layer.k, point.shape.n}, inputs, as_run);
    }
  } else {
    inputs.fingerprints += plan_kernel(point, point.shape, inputs, inputs.kernel);
  }
  return inputs;
}

std::string program_version() {
  return std::string(FP6SIM_VERSION) + "+" + kModelRevision;
}

std::string key_of(const Point& point, const Inputs& inputs) {
  bj::object rest = {{"m", point.shape.m},          {"k", point.shape.k},       {"n", point.shape.n},
                     {"split", point.split},        {"warm_l2", point.warm_l2}, {"exact", point.exact},
                     {"program", program_version()}};
  if (point.loop) rest["loop"] = true;
  return hash_of(inputs.fingerprints + bj::serialize(rest));
}

sim::GemmResult simulate(const Point& point, const Inputs& inputs, const std::string& timeline_path,
                         sim::FunctionalGemm* functional) {
  sim::RunOptions options;
  options.warm_l2 = point.warm_l2;
  options.loop = point.loop;
  options.exact = point.exact;
  options.split = point.split;
  options.timeline_path = timeline_path;
  options.rtl_unit = rtl_unit();
  options.functional = functional;
  return sim::simulate_gemm(inputs.gpu, inputs.kernel, inputs.design, point.shape, options);
}

sim::StepOptions step_options(const Point& point, const Inputs& inputs) {
  sim::StepOptions options;
  options.first_step = !point.warm_l2;
  options.exact = options.every_layer = point.exact;
  options.split = point.split;
  options.rtl_unit = rtl_unit();
  options.kernel_for = [&point, &inputs](const sim::GemmShape& shape) {
    sim::KernelDescription kernel = inputs.kernel;
    plan_kernel(point, shape, inputs, kernel);
    return kernel;
  };
  return options;
}

sim::StepResult simulate_step(const Point& point, const Inputs& inputs) {
  return sim::simulate_step(inputs.gpu, inputs.kernel, inputs.design, inputs.workload, point.shape.n,
                            step_options(point, inputs));
}

double added_area_mm2(const sim::GpuDescription& gpu, const sim::DesignDescription& design) {
  using sim::Placement;
  const bool beside_l2 = design.placement == Placement::kL2 || design.placement == Placement::kMemctrl;
  const double units = beside_l2 ? gpu.l2.slices : static_cast<double>(design.units_per_sm) * gpu.sm.count;
  return design.area_um2 * units * 1e-6;
}

double peak_tflops(const sim::GpuDescription& gpu) {
  const double fma = std::max(gpu.sm.tensor_fma, gpu.sm.warpgroup_tensor_fma);
  return 2 * fma * gpu.sm.count * gpu.sm.clock_mhz * 1e-6;
}

bj::object result_json(const Point& point, const Inputs& inputs, const sim::GemmResult& result) {
  bj::object stack, counters;
  for (const auto& entry : result.stack) stack[entry.name] = entry.share;
  for (const auto& counter : result.counters) counters[counter.name] = counter.value;
  return {{"cycles", result.cycles},
          {"time_us", result.time_us},
          {"floor_us", result.floor_us},
          {"dram_bytes", result.dram_bytes},
          {"dram_bandwidth_pct", result.dram_bandwidth_pct},
          {"bound_by", result.bound_by},
          {"stack", std::move(stack)},
          {"energy_uj", result.energy_uj},
          {"area_mm2", added_area_mm2(inputs.gpu, inputs.design)},
          {"quality_db", quality_db(inputs.kernel.weights)},
          {"bits_per_weight", stored_bits_per_weight(inputs.kernel.weights, point.shape.k)},
          {"peak_gb_s", inputs.gpu.dram.peak_bytes_per_s() * 1e-9},
          {"peak_tflops", peak_tflops(inputs.gpu)},
          {"tile", result.tile},
          {"split_k", result.split_k},
          {"ctas", result.ctas},
          {"ctas_per_sm", result.ctas_per_sm},
          {"padding", result.padding},
          {"counters", std::move(counters)}};
}

bj::object step_result_json(const Point& point, const Inputs& inputs, const sim::StepResult& step) {
  double weights = 0;
  for (const sim::StepLayer& layer : step.layers)
    weights += static_cast<double>(layer.count) * static_cast<double>(layer.shape.m * layer.shape.k);
  bj::object result = result_json(point, inputs, step.total);
  result["bits_per_weight"] = 8 * static_cast<double>(step.weight_bytes) / weights;
  result["tokens_per_s"] = step.tokens_per_s;
  result["weights"] = weights;
  result["gemms"] = step.gemms;
  return result;
}

std::string evaluate_text(const std::string& text) {
  static InputCache cache;  // one a worker process
  const json::Document document = json::parse(text, "point");
  const Point point = Point::from_json(document.root());
  const Inputs inputs = cache.inputs(point);
  return bj::serialize(point.step.empty() ? result_json(point, inputs, simulate(point, inputs))
                                          : step_result_json(point, inputs, simulate_step(point, inputs)));
}

}  // namespace fp6sim::app
