#include "app/sweep/sweep_file.h"

#include <algorithm>

#include "app/point/point.h"
#include "emu/error.h"
#include "emu/names.h"
#include "sim/workload.h"

namespace fp6sim::app {
namespace {

const std::vector<std::string>& plain_axes() {
  static const std::vector<std::string> kNames = {"batch", "gpu", "kernel", "design", "split", "l2_state"};
  return kNames;
}

bool is_field(std::string_view name) {
  return name.starts_with("gpu.") || name.starts_with("kernel.") || name.starts_with("design.");
}

/// Kinds and values the plain axes take; fields are judged when they are replaced.
void check_axis(const Axis& axis, const json::Value& value) {
  static constexpr std::string_view kStates[] = {"cold", "warm"};
  if (is_field(axis.name)) return;
  if (axis.name == "batch") {
    if (axis.range && !axis.range->integer) value.refuse("expected \"integer\": true for a range of batches");
    for (const auto& batch : axis.values)
      json::Value(batch, value.source(), value.path()).as_integer(1, 1 << 20);
    return;
  }
  if (axis.range) value.refuse("expected a list of names");
  for (const auto& entry : axis.values) {
    const json::Value name(entry, value.source(), value.path());
    axis.name == "l2_state" ? name.as_one_of(kStates)
    : axis.name == "split"  ? name.as_string()
                            : name.as_name();
  }
}

void read_axes(json::Object& root, SweepSpec& spec) {
  json::Object axes = root.object("axes");
  for (const std::string& name : axes.keys()) {
    const json::Value value = axes.get(name);
    if (!is_field(name) && std::find(plain_axes().begin(), plain_axes().end(), name) == plain_axes().end()) {
      std::vector<std::string> known = plain_axes();
      known.insert(known.end(), {"gpu.<field>", "kernel.<field>", "design.<field>"});
      throw Error(std::string(value.source()) + ": " + unknown_name_message("axis", name, known));
    }
    spec.axes.push_back(read_axis(name, value));
    check_axis(spec.axes.back(), value);
  }
  axes.finish();
  const auto add_missing = [&](const std::string& name, boost::json::value fallback) {
    for (const Axis& axis : spec.axes) {
      if (axis.name == name) return;
    }
    spec.axes.push_back({name, {std::move(fallback)}, std::nullopt});
  };
  const Point defaults;
  add_missing("batch", 8);
  add_missing("gpu", boost::json::string(defaults.gpu));
  add_missing("kernel", boost::json::string(defaults.kernel));
  add_missing("design", boost::json::string(defaults.design));
  add_missing("split", "");
  const bool steps = !spec.problems.front().step.empty();
  add_missing("l2_state", steps ? "warm" : "cold");
}

void read_problems(json::Object& root, SweepSpec& spec) {
  const auto workloads = root.find("workloads");
  const auto layers = root.find("layers");
  const auto shapes = root.find("shapes");
  const bool steps = root.boolean_or("steps", false);
  if (steps && (layers || !workloads)) {
    throw Error(std::string(root.value().source()) +
                ": 'steps' simulates every layer of 'workloads': expected 'workloads', and no 'layers'");
  }
  if (workloads.has_value() == shapes.has_value()) {
    throw Error(std::string(root.value().source()) + ": expected either 'workloads' or 'shapes'");
  }
  if (shapes) {
    for (const json::Value& shape : shapes->as_array(1, 100'000)) {
      const auto sizes = shape.as_array(2, 2);
      const std::int64_t m = sizes[0].as_integer(1, sim::kLargestFeatures);
      const std::int64_t k = sizes[1].as_integer(1, sim::kLargestFeatures);
      spec.problems.push_back({"", std::to_string(m) + "x" + std::to_string(k), "", m, k, 1});
    }
    if (layers) layers->refuse("'layers' choose from 'workloads', and this sweep has 'shapes'");
    return;
  }
  const std::vector<std::string> wanted = layers ? layers->as_strings(1) : std::vector<std::string>{};
  std::vector<std::string> seen;
  for (const std::string& name : workloads->as_strings(1)) {
    const sim::Workload workload = sim::load_workload(name);
    if (steps) {
      spec.problems.push_back({workload.name, "step", name, 0, 0, 1});
      continue;
    }
    for (const auto& layer : workload.layers) {
      seen.push_back(layer.label);
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), layer.label) == wanted.end()) continue;
      spec.problems.push_back({workload.name, layer.label, "", layer.m, layer.k, layer.count});
    }
  }
  for (const std::string& layer : wanted) {
    if (std::find(seen.begin(), seen.end(), layer) == seen.end()) {
      layers->refuse(unknown_name_message("layer", layer, seen));
    }
  }
}

/// Only sampling can use ranges.
void refuse_ranges(const SweepSpec& spec, const json::Value& where, const std::string& method) {
  for (const Axis& axis : spec.axes) {
    if (axis.is_list()) continue;
    throw Error(std::string(where.source()) + ": method " + method + " needs lists, and axis '" + axis.name +
                "' is a range: list its values, or use method random or latin-hypercube");
  }
}

void read_method(json::Object& root, SweepSpec& spec) {
  static constexpr std::string_view kMethods[] = {"grid", "random", "latin-hypercube", "pareto"};
  static constexpr std::string_view kObjectives[] = {"time_us", "energy_uj", "area_mm2", "quality_db"};
  const auto found = root.find("method");
  if (!found) return refuse_ranges(spec, root.value(), "grid");
  json::Object method = found->as_object();
  method.accept_only({"name", "points", "seed", "objectives"});
  const std::string name = method.get("name").as_one_of(kMethods);
  spec.method =
      static_cast<Method>(std::find(std::begin(kMethods), std::end(kMethods), name) - std::begin(kMethods));
  if (spec.method != Method::kGrid) {
    spec.points = static_cast<std::uint64_t>(method.integer("points", 1, 10'000'000));
    spec.seed = static_cast<std::uint64_t>(method.integer_or("seed", 0, INT64_MAX, 1));
  }
  if (spec.method == Method::kPareto) {
    for (const json::Value& objective : method.array("objectives", 2, 4)) {
      const std::string key = objective.as_one_of(kObjectives);
      spec.objectives.push_back({key, key == "quality_db"});
    }
    const auto simulated = [](const Objective& o) { return o.name == "time_us" || o.name == "energy_uj"; };
    if (std::none_of(spec.objectives.begin(), spec.objectives.end(), simulated)) {
      found->refuse(
          "area and quality follow from the descriptions: expected time_us or energy_uj among 'objectives'");
    }
  }
  method.finish();
  if (spec.method == Method::kGrid || spec.method == Method::kPareto) refuse_ranges(spec, *found, name);
}

}  // namespace

SweepSpec read_sweep(const std::filesystem::path& file) {
  const json::Document document = json::read_file(file);
  json::Object root = document.object();
  root.accept_only(
      {"name", "description", "workloads", "layers", "steps", "shapes", "axes", "constraints", "method"});
  SweepSpec spec;
  spec.name = root.get("name").as_name();
  spec.description = root.string_or("description", "");
  read_problems(root, spec);
  read_axes(root, spec);
  read_method(root, spec);
  std::vector<std::string> names = {"workload", "layer", "m", "k"};
  for (const Axis& axis : spec.axes) names.push_back(axis.name);
  if (const auto constraints = root.find("constraints")) {
    for (const std::string& text : constraints->as_strings()) {
      try {
        spec.constraints.push_back(Expression::parse(text, names));
      } catch (const Error& error) {
        throw Error(document.source() + ": " + error.what());
      }
    }
  }
  root.finish();
  return spec;
}

}  // namespace fp6sim::app
