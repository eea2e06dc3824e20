#include "sim/workload.h"

#include <set>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "sim/data_files.h"

namespace fp6sim::sim {
namespace {

WorkloadLayer read_layer(const json::Value& value, const std::string& block, std::int64_t repeat,
                         const std::string& block_source) {
  json::Object object = value.as_object();
  WorkloadLayer layer;
  layer.block = block;
  layer.name = object.get("name").as_name();
  layer.m = object.integer("out_features", 1, kLargestFeatures);
  layer.k = object.integer("in_features", 1, kLargestFeatures);
  layer.count = repeat * object.integer_or("count", 1, 1024, 1);
  layer.repeat = repeat;
  layer.per_token = object.boolean_or("per_token", true);
  layer.source = object.string_or("source", block_source);
  layer.note = object.string_or("note", "");
  object.finish();
  return layer;
}

}  // namespace

Workload load_workload(std::string_view name_or_path) {
  const json::Document document = json::read_file(description_file(kWorkloadFolder, name_or_path));
  json::Object root = document.object();
  Workload workload;
  workload.name = root.get("name").as_name();
  workload.description = root.get("description").as_name();
  const auto blocks = root.array("blocks", 1, 64);
  std::set<std::string> labels;
  for (const json::Value& block_value : blocks) {
    json::Object block = block_value.as_object();
    const std::string name = block.get("name").as_name();
    const std::int64_t repeat = block.integer("repeat", 1, 4096);
    const std::string source = block.get("source").as_name();
    for (const json::Value& layer_value : block.array("layers", 1, 256)) {
      WorkloadLayer layer = read_layer(layer_value, name, repeat, source);
      layer.label = blocks.size() == 1 ? layer.name : layer.block + "." + layer.name;
      if (!labels.insert(layer.label).second) {
        throw Error(document.source() + ": '" + layer_value.path() + ".name': layer '" + layer.label +
                    "' is listed twice");
      }
      workload.layers.push_back(std::move(layer));
    }
    block.finish();
  }
  root.finish();
  return workload;
}

std::vector<std::string> workload_names() {
  return description_names(kWorkloadFolder);
}

}  // namespace fp6sim::sim
