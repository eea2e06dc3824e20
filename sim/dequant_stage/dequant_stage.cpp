#include "sim/dequant_stage/dequant_stage.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "emu/error.h"
#include "emu/packing/linear.h"

namespace fp6sim::sim {
namespace {

constexpr std::array<std::string_view, 7> kFormats{"e3m2", "e2m3", "e2m2", "e3m1", "e2m1", "int8", "int4"};

void check_length(const char* what, std::size_t length, std::size_t due) {
  if (length == due) return;
  throw Error("dequantisation unit: " + std::to_string(length) + " " + what + ", but the weights need " +
              std::to_string(due));
}

}  // namespace

void check_burst(const Burst& burst) {
  if (burst.beats < 1)
    throw Error("dequantisation unit: a burst of " + std::to_string(burst.beats) + " beats");
  if (burst.group_beats < 1 || burst.group_beats > 65535) {
    throw Error("dequantisation unit: a group of " + std::to_string(burst.group_beats) +
                " beats: 1 to 65535");
  }
  if (burst.out_every < 1) {
    throw Error("dequantisation unit: results taken every " + std::to_string(burst.out_every) +
                " cycles: at least 1");
  }
}

void check_weight_bits(const WeightBits& weights, std::size_t outputs) {
  const std::string unit = "dequantisation unit: ";
  if (weights.format == nullptr ||
      std::find(kFormats.begin(), kFormats.end(), weights.format->name) == kFormats.end()) {
    throw Error(unit + "format '" + (weights.format == nullptr ? "" : std::string(weights.format->name)) +
                "': expected one of e3m2 e2m3 e2m2 e3m1 e2m1 int8 int4");
  }
  const emu::SplitInfo& split = emu::info(weights.split);
  if (!split.accepts(weights.format->bits)) {
    throw Error(unit + "split " + std::string(split.name) + " does not hold codes of " +
                std::string(weights.format->name));
  }
  if (weights.zero_point && weights.format->name != "int4") {
    throw Error(unit + "a zero point with " + std::string(weights.format->name) + ": int4 only");
  }
  if (weights.count < 1 || weights.group < 1) {
    throw Error(unit + std::to_string(weights.count) + " weights in groups of " +
                std::to_string(weights.group) + ": at least 1 of each");
  }
  if (weights.split == emu::Split::k4Plus2Byte && (weights.count % 16 != 0 || weights.group % 16 != 0)) {
    throw Error(unit + "4+2-byte holds 16 weights a word: " + std::to_string(weights.count) +
                " weights in groups of " + std::to_string(weights.group));
  }
  const auto count = static_cast<std::size_t>(weights.count);
  const emu::LinearSize size = emu::linear_size(weights.split, count);
  const std::size_t groups = (count - 1) / static_cast<std::size_t>(weights.group) + 1;
  check_length("results", outputs, count);
  check_length("wide words", weights.wide.size(), size.wide_words);
  check_length("narrow words", weights.narrow.size(), size.narrow_words);
  check_length("scales", weights.scales.size(), groups);
  if (weights.zero_point) check_length("zero points", weights.zeros.size(), groups);
}

}  // namespace fp6sim::sim
