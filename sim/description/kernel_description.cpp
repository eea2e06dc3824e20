#include "sim/description/kernel_description.h"

#include <numeric>

#include "emu/error.h"
#include "emu/format.h"
#include "sim/data_files.h"

namespace fp6sim::sim {
namespace {

constexpr std::array<std::string_view, 2> kTileRules{"covering", "library"};
constexpr std::array<std::string_view, 5> kSplitRules{"none", "table", "fill", "library", "stripes"};

template <class Enum, std::size_t kCount>
Enum read_enum(json::Object& object, std::string_view key,
               const std::array<std::string_view, kCount>& names) {
  const std::string name = object.get(key).as_one_of(names);
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return static_cast<Enum>(0);
}

WeightLayout read_weights(json::Object object, Marks& marks) {
  WeightLayout weights;
  weights.format = object.get("format").as_name();
  weights.bits = emu::format_by_name(weights.format).bits;
  for (const json::Value& bits : object.array("segments", 1, 4)) {
    weights.segments.push_back(static_cast<int>(bits.as_integer(1, 16)));
  }
  if (std::accumulate(weights.segments.begin(), weights.segments.end(), 0) !=
      static_cast<int>(weights.bits)) {
    object.value().refuse("the segments' bits sum to those of format " + weights.format);
  }
  if (const auto split = object.find("split")) {
    weights.split = split->as_name();
    if (segment_bits(arrangement(static_cast<int>(weights.bits), weights.split)) != weights.segments)
      split->refuse("its segments are others than those listed");
  } else if (weights.segments.size() > 1) {
    for (const int segment : weights.segments) {
      if (!weights.split.empty()) weights.split += '+';
      weights.split += std::to_string(segment);
    }
  }
  weights.block_rows = static_cast<int>(marked_number(object, "block_rows", 1, 256, marks));
  weights.group = static_cast<int>(object.integer("group", -1, 65536));
  weights.zero_points = object.boolean_or("zero_points", false);
  object.finish();
  return weights;
}

TileOption read_tile(json::Object object, Marks& marks) {
  TileOption tile;
  tile.m = static_cast<int>(object.integer("m", 16, 1024));
  tile.k = static_cast<int>(object.integer("k", 16, 1024));
  tile.n = static_cast<int>(object.integer("n", 8, 512));
  tile.threads = static_cast<int>(object.integer("threads", 32, 1024));
  tile.copying_threads = static_cast<int>(object.integer_or("copying_threads", 0, tile.threads - 32, 0));
  tile.stages = static_cast<int>(object.integer("stages", 2, 16));
  tile.registers = static_cast<int>(object.integer("registers", 16, 255));
  tile.shared_bytes = static_cast<int>(object.number("shared_kb", 1, 1024) * 1024);
  if (tile.m % 16 != 0 || tile.k % 16 != 0 || tile.n % 8 != 0 || tile.threads % 32 != 0 ||
      tile.copying_threads % 32 != 0) {
    object.value().refuse("m and k are multiples of 16, n of 8, threads and copying_threads of 32");
  }
  tile.warpgroup_mma = object.boolean_or("warpgroup_mma", false);
  read_mark(object, 7, "tiles", marks);
  object.finish();
  return tile;
}

SplitRow read_split_row(const json::Value& value) {
  const auto entries = value.as_array(6, 6);
  SplitRow row{entries[0].as_integer(1, 1 << 20), entries[1].as_integer(1, 1 << 20), {}};
  for (std::size_t i = 0; i < row.splits.size(); ++i) {
    row.splits[i] = static_cast<int>(entries[2 + i].as_integer(1, 64));
  }
  return row;
}

void read_split(json::Object object, KernelDescription& kernel) {
  kernel.split_rule = read_enum<SplitRule>(object, "rule", kSplitRules);
  if (kernel.split_rule != SplitRule::kNone) {
    kernel.max_split = static_cast<int>(object.integer("max", 1, 64));
    kernel.min_split_tiles = static_cast<int>(object.integer("min_tiles", 1, 1024));
    kernel.partial_bytes = static_cast<int>(object.integer("partial_bytes", 2, 4));
    kernel.reduction_elements = static_cast<int>(object.integer("reduction_elements", 32, 65536));
    kernel.reduction_threads = static_cast<int>(object.integer("reduction_threads", 32, 1024));
    kernel.reduction_unroll = static_cast<int>(object.integer("reduction_unroll", 1, 64));
    kernel.reduction_in_kernel = object.boolean_or("reduction_in_kernel", false);
    kernel.reduction_access_bytes = static_cast<int>(object.integer("reduction_access_bytes", 2, 16));
    read_mark(object, 7, "split_k", kernel.marks);
  }
  if (kernel.split_rule == SplitRule::kTable) {
    json::Object table = object.object("table");
    for (const json::Value& row : table.array("rows", 1)) kernel.split_table.push_back(read_split_row(row));
    read_mark(table, 6 * static_cast<int>(kernel.split_table.size()), "split_k.table", kernel.marks);
    table.finish();
  }
  object.finish();
}

void read_instructions(json::Object mix, KernelDescription& kernel) {
  InstructionMix& read = kernel.instructions;
  const auto number = [&](std::string_view key, double least, double most) {
    return marked_number(mix, key, least, most, kernel.marks);
  };
  if (mix.find("splits")) {
    kernel.counted.read(mix, kernel.marks);
  } else {
    read.integer_per_weight = number("integer_per_weight", 0, 64);
    read.half2_per_weight = number("half2_per_weight", 0, 64);
  }
  read.overhead_per_tile = number("overhead_per_tile", 0, 10000);
  read.warp_cpi = number("warp_cpi", 0.25, 100);
  read.overlap = number("overlap", 0, 1);
  if (mix.find("tensor_efficiency")) read.tensor_efficiency = number("tensor_efficiency", 0.1, 1);
  read.epilogue_cycles_per_output = number("epilogue_cycles_per_output", 0, 100);
  mix.finish();
}

/// What the counts of formats that fill whole words go by.
std::string_view whole_words_name(int bits) {
  return bits == 4 ? "packed4" : "padded8";
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

}  // namespace

KernelDescription read_kernel(const json::Document& document) {
  json::Object object = document.object();
  KernelDescription kernel;
  kernel.name = object.get("name").as_name();
  kernel.description = object.get("description").as_name();
  kernel.weights = read_weights(object.object("weights"), kernel.marks);
  for (const json::Value& tile : object.array("tiles", 1, 64)) {
    kernel.tiles.push_back(read_tile(tile.as_object(), kernel.marks));
    if (kernel.tiles.back().m % kernel.weights.block_rows != 0) {
      tile.refuse("m = " + std::to_string(kernel.tiles.back().m) +
                  ": expected a multiple of weights.block_rows, " +
                  std::to_string(kernel.weights.block_rows));
    }
  }
  kernel.tile_rule = read_enum<TileRule>(object, "tile_rule", kTileRules);
  read_split(object.object("split_k"), kernel);
  read_instructions(object.object("instructions"), kernel);
  static constexpr std::array<std::string_view, 2> kActivations{"fp16", "bf16"};
  if (const auto activations = object.find("activations"))
    kernel.activations = activations->as_one_of(kActivations);
  kernel.start_us = marked_number_or(object, "start_us", 0, 100, 0, kernel.marks);
  kernel.warpgroup_mma = object.boolean_or("warpgroup_mma", false);
  if (kernel.marks.fitted > 1) {
    object.value().refuse("at most one number of a kernel may be fitted; fitted: " +
                          std::to_string(kernel.marks.fitted));
  }
  object.finish();
  return kernel;
}

KernelDescription arranged(const KernelDescription& kernel, const std::string& split,
                           std::string_view architecture, bool on_lanes) {
  KernelDescription as_run = kernel;
  WeightLayout& weights = as_run.weights;
  const int bits = static_cast<int>(weights.bits);
  const bool whole_words = bits == 16 || bits == 8 || bits == 4;
  if (!split.empty() && !whole_words) {
    weights.split = arrangement(bits, split);
    if (weights.split != kernel.weights.split) {
      weights.segments = segment_bits(weights.split);
      weights.bits = std::accumulate(weights.segments.begin(), weights.segments.end(), 0);
    }
  }
  const std::string own = weights.split.empty() ? std::string(whole_words_name(bits)) : weights.split;
  if (!on_lanes) return as_run;
  const std::string refused = "kernel " + kernel.name + ": the instructions that expand split '" + own + "'";
  if (kernel.counted.empty()) {
    if (weights.split == kernel.weights.split) return as_run;
    throw Error(refused + " are not known, only those of " + kernel.weights.split +
                "; a design that does not expand on the lanes needs none");
  }
  const ExpansionCounts* counts = kernel.counted.expansion(own, kernel.activations, architecture);
  if (counts == nullptr) {
    throw Error(refused + " with " + kernel.activations + " activations were not counted; there are " +
                listed(kernel.counted.splits()) + " (bf16: those our kernels are compiled for)");
  }
  as_run.instructions.integer_per_weight = counts->integer;
  as_run.instructions.half2_per_weight = counts->half2;
  as_run.instructions.convert_per_weight = counts->convert;
  return as_run;
}

KernelDescription load_kernel(std::string_view name_or_path) {
  return read_kernel(json::read_file(description_file(kKernelFolder, name_or_path)));
}

std::vector<std::string> kernel_names() {
  return description_names(kKernelFolder);
}

}  // namespace fp6sim::sim
