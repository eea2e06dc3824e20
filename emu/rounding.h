// How a value between two representable neighbours is resolved.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fp6sim::emu {

enum class RoundingMode : std::uint8_t {
  kNearestEven,  ///< "rne": IEEE roundTiesToEven, the default
  kTowardZero,   ///< "rz"
  kHalfAway,     ///< "half-away": ties away from zero (the FP6-LLM authors' released quantiser)
  kStochastic,   ///< "stochastic:SEED": up with probability equal to the discarded fraction
};

/// A rounding mode, with the seed a stochastic one needs. Element i of a tensor always draws the same random
/// number for the same seed, whatever the thread count or SIMD width.
struct Rounding {
  RoundingMode mode = RoundingMode::kNearestEven;
  std::uint64_t seed = 0;
};

/// Parses "rne", "rz", "half-away", "stochastic:SEED" (SEED decimal, 0..2^64-1). Throws fp6sim::Error.
Rounding rounding_from_name(std::string_view name);
std::string rounding_name(const Rounding& rounding);

/// 32 random bits for element `index` under `seed`: the SplitMix64 finaliser over a Weyl sequence, so that
/// any element is drawn without drawing those before it. Source: Steele, Lea, Flood, OOPSLA 2014.
constexpr std::uint32_t stochastic_bits(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
}

}  // namespace fp6sim::emu
