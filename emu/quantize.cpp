#include "emu/quantize.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "emu/binary16.h"
#include "emu/encode.h"
#include "emu/error.h"
#include "emu/mx.h"
#include "emu/names.h"
#include "emu/parallel.h"
#include "emu/simd/rtn_parts.h"

namespace fp6sim::emu {
namespace {

constexpr float kSmallestBinary16 = 0x1p-24f;
constexpr float kLargestBinary16 = 65504.0f;

// Of the finite weights; zeros where there are none.
struct Range {
  float lowest = 0;
  float highest = 0;
  bool finite = true;  // nothing was left out
  float magnitude() const { return std::max(-lowest, highest); }
};

Range finite_range(std::span<const float> group) {
#ifdef FP6SIM_HIGHWAY
  if (const auto quick = simd::finite_range(group.data(), group.size()); quick.finite) {
    return {quick.lowest, quick.highest, true};
  }
#endif
  Range range;
  for (const float w : group) {
    if (!std::isfinite(w)) {
      range.finite = false;
      continue;
    }
    range.lowest = std::min(range.lowest, w);
    range.highest = std::max(range.highest, w);
  }
  return range;
}

float largest_value(const Format& format) {
  return format.is_float() ? decode(format.floating, format.floating.largest_code())
                           : static_cast<float>(format.largest_integer());
}

// The integer nearest to x by the rounding's rule; |x| < 2^24 or it is an integer already.
float round_integer(float x, const Rounding& rounding, std::uint64_t index) {
  switch (rounding.mode) {
    case RoundingMode::kNearestEven:
      return std::nearbyint(x);  // in the default rounding direction
    case RoundingMode::kTowardZero:
      return std::trunc(x);
    case RoundingMode::kHalfAway:
      return std::round(x);
    case RoundingMode::kStochastic:
      break;
  }
  const float down = std::trunc(x);
  const double fraction = std::fabs(static_cast<double>(x) - static_cast<double>(down));
  const bool away = stochastic_bits(rounding.seed, index) < fraction * 0x1p32;
  return away ? down + std::copysign(1.0f, x) : down;
}

// The binary32 scale of kMax, before it is stored, of a group that is not all zero.
float unrounded_scale(const Range& range, const QuantizeSpec& spec) {
  if (spec.zero_point) {
    const float width = std::min(range.highest - range.lowest, std::numeric_limits<float>::max());
    return width / static_cast<float>((1 << spec.format.bits) - 1);
  }
  return range.magnitude() / largest_value(spec.format);
}

// 2^exponent within what E8M0 holds.
float power_of_two(int exponent) {
  return std::ldexp(1.0f, std::clamp(exponent, -127, 127));
}

float max_rule_e8m0(const Range& range, float unrounded, const Format& format) {
  if (format.is_float()) {
    return power_of_two(std::ilogb(range.magnitude()) - std::ilogb(largest_value(format)));
  }
  const int below = unrounded > 0 ? std::ilogb(unrounded) : -127;
  return power_of_two(power_of_two(below) < unrounded ? below + 1 : below);
}

GroupScale with_scale(float unrounded, float stored, const Range& range, const QuantizeSpec& spec) {
  GroupScale scale{spec.divide_by_unrounded_scale ? unrounded : stored, stored, 0};
  if (spec.zero_point) {
    const float top = static_cast<float>((1 << spec.format.bits) - 1);
    scale.zero = static_cast<int>(std::clamp(std::nearbyint(-range.lowest / scale.divisor), 0.0f, top));
  }
  return scale;
}

double squared_error(std::span<const float> group, const GroupScale& scale, const QuantizeSpec& spec,
                     [[maybe_unused]] bool finite) {
  ErrorParts parts{};
  std::size_t i = 0;
#ifdef FP6SIM_HIGHWAY
  RtnRule rule;
  if (finite && rtn_rule(spec, scale, rule)) i = simd::rtn_error(rule, group.data(), group.size(), parts);
#endif
  for (; i < group.size(); ++i) {
    const float w = group[i];
    if (!std::isfinite(w)) continue;
    // Stochastic rounding draws the same for every candidate.
    const float back = code_value(spec, quantize_one(w, scale, spec, 0), scale.zero) * scale.stored;
    const double error = static_cast<double>(w) - static_cast<double>(back);
    parts[i % 8] += error * error;
  }
  return sum_of(parts);
}

}  // namespace

void check_quantizable(std::span<const float> weights, std::size_t rows, std::size_t columns,
                       const QuantizeSpec& spec, std::string_view tensor) {
  const std::string what(tensor);
  if (rows == 0 || columns == 0) {
    throw Error(what + " is " + std::to_string(rows) + " x " + std::to_string(columns) +
                ": both dimensions must be at least 1");
  }
  if (weights.size() / rows != columns || weights.size() % rows != 0) {
    throw Error(what + " has " + std::to_string(weights.size()) + " elements, not " + std::to_string(rows) +
                " x " + std::to_string(columns));
  }
  if (spec.group != kWholeRow && columns % spec.group != 0) {
    throw Error("group size " + std::to_string(spec.group) + " does not divide the " +
                std::to_string(columns) + " columns of " + what);
  }
  if (spec.format.bits > 8) {
    throw Error("format '" + std::string(spec.format.name) + "' of " + std::to_string(spec.format.bits) +
                " bits is no code format: quantising takes formats of at most 8 bits");
  }
  if (spec.zero_point && (spec.format.is_float() || !spec.scaled)) {
    throw Error("a zero point takes an integer format and a scale, got format '" +
                std::string(spec.format.name) + "'" + (spec.scaled ? "" : " without scale"));
  }
  if (spec.non_finite == NonFinite::kSaturate || !spec.scaled || finite_range(weights).finite) return;
  const auto bad = std::find_if(weights.begin(), weights.end(), [](float w) { return !std::isfinite(w); });
  if (bad == weights.end()) return;
  const std::uint64_t index = spec.first_element + static_cast<std::uint64_t>(bad - weights.begin());
  throw Error(what + "[" + std::to_string(index / columns) + ", " + std::to_string(index % columns) +
              "] is " +
              (std::isnan(*bad) ? "NaN"
               : *bad > 0       ? "+inf"
                                : "-inf") +
              ": weights must be finite (or ask for saturation: --nonfinite saturate)");
}

float stored_scale(float scale, ScaleStorage storage) {
  switch (storage) {
    case ScaleStorage::kBinary16:
      return std::clamp(from_binary16(to_binary16(std::min(scale, kLargestBinary16))), kSmallestBinary16,
                        kLargestBinary16);
    case ScaleStorage::kBinary32:
      return std::clamp(scale, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::max());
    case ScaleStorage::kE8M0:
      break;
  }
  return scale > 0 ? power_of_two(std::ilogb(scale)) : power_of_two(-127);
}

float code_value(const QuantizeSpec& spec, std::uint32_t code, int zero) {
  if (spec.format.is_float()) return decode(spec.format.floating, code);
  if (spec.zero_point) return static_cast<float>(static_cast<int>(code) - zero);
  return static_cast<float>(decode_integer(spec.format.bits, code));
}

std::uint8_t quantize_one(float weight, const GroupScale& scale, const QuantizeSpec& spec,
                          std::uint64_t index) {
  const Format& format = spec.format;
  const float ratio = weight / scale.divisor;
  if (format.is_float()) {
    const std::uint32_t random =
        spec.rounding.mode == RoundingMode::kStochastic ? stochastic_bits(spec.rounding.seed, index) : 0;
    const std::uint32_t code = encode(format.floating, ratio, {spec.rounding.mode}, random);
    if (spec.divide_by_unrounded_scale && (code & format.floating.magnitude_mask()) == 0) return 0;
    return static_cast<std::uint8_t>(code);
  }
  const float lowest = spec.zero_point ? 0.0f : static_cast<float>(-format.largest_integer() - 1);
  const float highest =
      static_cast<float>(spec.zero_point ? (1 << format.bits) - 1 : format.largest_integer());
  if (std::isnan(ratio)) return static_cast<std::uint8_t>(highest);
  // Rounding far outside the range is not needed: clamp first, to integers, which changes no rounding inside
  // it.
  const float near = std::clamp(ratio, -512.0f, 512.0f);
  const float q = round_integer(near, spec.rounding, index) + static_cast<float>(scale.zero);
  const int code = static_cast<int>(std::clamp(q, lowest, highest));
  return static_cast<std::uint8_t>(code & ((1 << format.bits) - 1));
}

bool rtn_rule(const QuantizeSpec& spec, const GroupScale& scale, RtnRule& rule) {
  if (spec.rounding.mode != RoundingMode::kNearestEven || spec.divide_by_unrounded_scale) return false;
  const Format& format = spec.format;
  rule.is_float = format.is_float();
  rule.divisor = scale.divisor;
  rule.stored = scale.stored;
  if (rule.is_float) {
    const FloatFormat& f = format.floating;
    rule.shift = 23 - f.mantissa_bits;
    rule.smallest_normal = static_cast<std::uint32_t>(f.min_exponent() + 127) << 23;
    rule.largest = decode_bits(f, f.largest_code());
    rule.sign = f.sign_mask();
  } else {
    rule.lowest = spec.zero_point ? 0.0f : static_cast<float>(-format.largest_integer() - 1);
    rule.highest = static_cast<float>(spec.zero_point ? (1 << format.bits) - 1 : format.largest_integer());
    rule.zero = static_cast<float>(scale.zero);
    rule.mask = (1u << format.bits) - 1;
  }
  return true;
}

void quantize_group(std::span<const float> weights, const GroupScale& scale, const QuantizeSpec& spec,
                    std::uint64_t first_index, std::span<std::uint8_t> codes) {
  std::size_t i = 0;
#ifdef FP6SIM_HIGHWAY
  RtnRule rule;
  if (rtn_rule(spec, scale, rule) && finite_range(weights).finite) {
    i = simd::rtn_codes(rule, weights.data(), weights.size(), codes.data());
  }
#endif
  for (; i < weights.size(); ++i) codes[i] = quantize_one(weights[i], scale, spec, first_index + i);
}

GroupScale choose_scale(std::span<const float> group, const QuantizeSpec& spec) {
  if (!spec.scaled) return {};
  const Range range = finite_range(group);
  if (range.magnitude() == 0) return {};
  const float unrounded = unrounded_scale(range, spec);
  if (spec.divide_by_unrounded_scale) {
    if (unrounded == 0) return {};  // below binary32: as a group of zeros
    return with_scale(unrounded, from_binary16(to_binary16(unrounded)), range, spec);
  }
  const bool power = spec.storage == ScaleStorage::kE8M0;
  const float whole =
      power ? max_rule_e8m0(range, unrounded, spec.format) : stored_scale(unrounded, spec.storage);
  GroupScale best = with_scale(unrounded, whole, range, spec);
  if (spec.rule == ScaleRule::kMax) return best;

  const bool finite = range.finite;
  double least = squared_error(group, best, spec, finite);
  const auto consider = [&](float stored) {
    const GroupScale candidate = with_scale(stored, stored, range, spec);
    const double error = squared_error(group, candidate, spec, finite);
    if (error < least || (error == least && stored > best.stored)) {
      least = error;
      best = candidate;
    }
  };
  if (power) {
    consider(power_of_two(std::ilogb(whole) + 1));
    consider(power_of_two(std::ilogb(whole) - 1));
  } else {
    for (int percent = 99; percent >= 30; --percent) {
      consider(stored_scale(unrounded * (static_cast<float>(percent) / 100.0f), spec.storage));
    }
  }
  return best;
}

QuantizeSpec quantize_recipe(std::string_view name) {
  if (name == "rtn") return {};
  if (name == "fp6llm") {
    QuantizeSpec spec;
    spec.rounding.mode = RoundingMode::kHalfAway;
    spec.divide_by_unrounded_scale = true;
    return spec;
  }
  std::vector<std::string> known{"rtn", "fp6llm"};
  for (const MxFormat& format : kMxFormats) {
    if (format.name == name) return mx_spec(format);
    known.emplace_back(format.name);
  }
  throw Error(unknown_name_message("quantising recipe", name, known));
}

ScaleStorage scale_storage_from_name(std::string_view name) {
  if (name == "fp16") return ScaleStorage::kBinary16;
  if (name == "fp32") return ScaleStorage::kBinary32;
  if (name == "e8m0") return ScaleStorage::kE8M0;
  throw Error(unknown_name_message("scale storage", name, {"fp16", "fp32", "e8m0"}));
}

ScaleRule scale_rule_from_name(std::string_view name) {
  if (name == "max") return ScaleRule::kMax;
  if (name == "mse") return ScaleRule::kSquaredError;
  throw Error(unknown_name_message("scale rule", name, {"max", "mse"}));
}

QuantizedMatrix quantize(std::span<const float> weights, std::size_t rows, std::size_t columns,
                         const QuantizeSpec& spec, std::string_view tensor) {
  check_quantizable(weights, rows, columns, spec, tensor);
  QuantizedMatrix matrix{rows, columns, spec, {}, {}, {}};
  const std::size_t group = matrix.group_columns();
  const std::size_t groups = weights.size() / group;
  matrix.codes.resize(weights.size());
  if (spec.scaled) matrix.scales.resize(groups);
  if (spec.zero_point) matrix.zeros.resize(groups);
  parallel_for(groups, std::max<std::size_t>(1, 4096 / group), [&](std::size_t begin, std::size_t end) {
    for (std::size_t g = begin; g < end; ++g) {
      const auto in = weights.subspan(g * group, group);
      const GroupScale scale = choose_scale(in, spec);
      if (spec.scaled) matrix.scales[g] = scale.stored;
      if (spec.zero_point) matrix.zeros[g] = static_cast<std::uint8_t>(scale.zero);
      quantize_group(in, scale, spec, spec.first_element + g * group,
                     std::span(matrix.codes).subspan(g * group, group));
    }
  });
  return matrix;
}

}  // namespace fp6sim::emu
