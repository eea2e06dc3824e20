#include "app/point/quality.h"

#include <cmath>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "emu/quantize.h"

namespace fp6sim::app {
namespace {

constexpr std::size_t kRows = 16, kColumns = 4096;
constexpr double kUnquantised = 100;

/// Box-Muller over mt19937_64: std::normal_distribution differs between standard libraries.
std::vector<float> normal_weights() {
  std::mt19937_64 bits(6);
  std::vector<float> weights(kRows * kColumns);
  const auto uniform = [&] { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; };
  for (float& weight : weights) {
    weight =
        static_cast<float>(std::sqrt(-2 * std::log(uniform())) * std::cos(2 * 3.141592653589793 * uniform()));
  }
  return weights;
}

double measure(const sim::WeightLayout& layout) {
  emu::QuantizeSpec spec;
  spec.format = emu::format_by_name(layout.format);
  spec.group = layout.group > 0 ? static_cast<std::size_t>(layout.group) : emu::kWholeRow;
  spec.zero_point = layout.zero_points;
  const std::vector<float> weights = normal_weights();
  const emu::QuantizedMatrix quantized = emu::quantize(weights, kRows, kColumns, spec);
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t row = i / kColumns, column = i % kColumns;
    const double value =
        static_cast<double>(emu::code_value(spec, quantized.codes[i], quantized.zero(row, column))) *
        static_cast<double>(quantized.scale(row, column));
    const double weight = static_cast<double>(weights[i]);
    signal += weight * weight;
    noise += (weight - value) * (weight - value);
  }
  return 10 * std::log10(signal / noise);
}

}  // namespace

double quality_db(const sim::WeightLayout& weights) {
  if (weights.bits >= 16) return kUnquantised;
  static std::map<std::tuple<std::string, int, bool>, double> known;
  const auto [entry, fresh] = known.try_emplace({weights.format, weights.group, weights.zero_points}, 0.0);
  if (fresh) entry->second = measure(weights);
  return entry->second;
}

double stored_bits_per_weight(const sim::WeightLayout& weights, std::int64_t k) {
  if (weights.group < 0) return weights.bits;
  const double scale_bits = 16 + (weights.zero_points ? 4 : 0);
  return weights.bits + scale_bits / (weights.group > 0 ? weights.group : static_cast<double>(k));
}

}  // namespace fp6sim::app
