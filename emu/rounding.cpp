#include "emu/rounding.h"

#include <charconv>

#include "emu/error.h"

namespace fp6sim::emu {

Rounding rounding_from_name(std::string_view name) {
  if (name == "rne") return {RoundingMode::kNearestEven, 0};
  if (name == "rz") return {RoundingMode::kTowardZero, 0};
  if (name == "half-away") return {RoundingMode::kHalfAway, 0};
  constexpr std::string_view kPrefix = "stochastic:";
  if (name.starts_with(kPrefix)) {
    const std::string_view digits = name.substr(kPrefix.size());
    std::uint64_t seed = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (status == std::errc{} && end == digits.data() + digits.size())
      return {RoundingMode::kStochastic, seed};
  }
  throw Error("rounding '" + std::string(name) +
              "' is not one of rne rz half-away stochastic:SEED (SEED 0..2^64-1)");
}

std::string rounding_name(const Rounding& rounding) {
  switch (rounding.mode) {
    case RoundingMode::kNearestEven:
      return "rne";
    case RoundingMode::kTowardZero:
      return "rz";
    case RoundingMode::kHalfAway:
      return "half-away";
    case RoundingMode::kStochastic:
      break;
  }
  return "stochastic:" + std::to_string(rounding.seed);
}

}  // namespace fp6sim::emu
