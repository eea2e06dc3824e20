#include "sim/description/instruction_counts.h"

#include <array>

#include "emu/error.h"
#include "emu/packing/split.h"

namespace fp6sim::sim {
namespace {

constexpr std::array<std::string_view, 2> kActivations{"fp16", "bf16"};
constexpr std::array<std::string_view, 2> kArchitectures{"ampere", "hopper"};
constexpr std::array<std::string_view, 3> kKernels{"ampere", "hopper", "warpgroup"};
constexpr std::string_view kReleased = "2+4-released";

ExpansionCounts read_expansion(json::Object object) {
  ExpansionCounts counts;
  counts.integer = object.number("integer_per_weight", 0, 64);
  counts.half2 = object.number("half2_per_weight", 0, 64);
  counts.convert = object.number_or("convert_per_weight", 0, 64, 0);
  object.finish();
  return counts;
}

LoopCounts read_loop(json::Object object) {
  LoopCounts loop;
  loop.m = static_cast<int>(object.integer("m", 16, 1024));
  loop.k = static_cast<int>(object.integer("k", 16, 1024));
  loop.loads = object.number("loads", 0, 100000);
  loop.load_passes = object.number("load_passes", 0, 100000);
  loop.copies = object.number("copies", 0, 100000);
  loop.other = object.number("other", 0, 100000);
  loop.other_a_warp = object.number("other_a_warp", 0, 10000);
  object.finish();
  return loop;
}

/// read(name, member) for each of `names` that `object` has; returns how many.
template <class Names, class Read>
int for_each_member(json::Object& object, const Names& names, Read read) {
  int found = 0;
  for (const std::string_view name : names) {
    const auto member = object.find(name);
    if (!member) continue;
    read(std::string(name), member->as_object());
    ++found;
  }
  return found;
}

}  // namespace

std::string arrangement(int bits, const std::string& asked) {
  if (bits == 5) {
    if (asked == "4+2" || asked == "4+2-byte") return "4+1";
    if (asked == "2+4") return "1+4";
    if (asked == "packed6") return "packed5";
  }
  for (const emu::SplitInfo& split : emu::kSplits) {
    if (split.name == asked && split.accepts(bits)) return asked;
  }
  if (bits == 6 && asked == kReleased) return asked;
  throw Error("unknown split '" + asked + "' for weights of " + std::to_string(bits) +
              " bits: expected one of 4+2 2+4 4+2-byte packed6 padded8");
}

std::vector<int> segment_bits(std::string_view arrangement) {
  if (arrangement == kReleased) return {2, 4};
  const emu::SplitInfo& split = emu::info(emu::split_by_name(arrangement));
  if (!split.has_two_arrays()) return {split.wide_bits};
  const bool narrow_first = split.split == emu::Split::k2Plus4 || split.split == emu::Split::k1Plus4;
  return narrow_first ? std::vector{split.narrow_bits, split.wide_bits}
                      : std::vector{split.wide_bits, split.narrow_bits};
}

const ExpansionCounts* InstructionCounts::expansion(const std::string& split, const std::string& activations,
                                                    std::string_view architecture) const {
  const bool hopper = architecture == "hopper" || architecture == "blackwell";
  const auto found = splits_.find(split + " " + activations + (hopper ? " hopper" : " ampere"));
  return found == splits_.end() ? nullptr : &found->second;
}

std::optional<LoopCounts> InstructionCounts::loop(const std::string& kernel, int m, int k, int n) const {
  const auto found = loops_.find(kernel + " " + std::to_string(n));
  if (found == loops_.end() || found->second.m != m || found->second.k != k) return {};
  return found->second;
}

void InstructionCounts::read(json::Object& mix, Marks& marks) {
  json::Object splits = mix.object("splits");
  for (const std::string& split : splits.keys()) {
    json::Object forms = splits.object(split);
    int numbers = 0;
    for_each_member(forms, kActivations, [&](const std::string& activations, json::Object by_architecture) {
      const auto read = [&](const std::string& architecture, json::Object counts) {
        splits_[split + " " + activations + " " + architecture] = read_expansion(std::move(counts));
      };
      numbers += 3 * for_each_member(by_architecture, kArchitectures, read);
      by_architecture.finish();
    });
    if (numbers == 0) forms.value().refuse("expected counts under fp16 or bf16, then ampere or hopper");
    read_mark(forms, numbers, "splits." + split, marks);
    forms.finish();
    names_.push_back(split);
  }
  splits.finish();
  if (!mix.find("loop")) return;
  json::Object loop = mix.object("loop");
  int numbers = 0;
  for_each_member(loop, kKernels, [&](const std::string& kernel, json::Object tiles) {
    for (const std::string& tile : tiles.keys()) {
      loops_[kernel + " " + tile] = read_loop(tiles.object(tile));
      numbers += 5;
    }
    tiles.finish();
  });
  read_mark(loop, numbers, "loop", marks);
  loop.finish();
}

}  // namespace fp6sim::sim
