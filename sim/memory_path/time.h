// Simulated time is an integer number of femtoseconds: every clock's period is exact to a part in a million,
// sums are associative, and the same input gives the same cycles on every machine.
#pragma once

#include <cstdint>

namespace fp6sim::sim {

using Time = std::int64_t;  // femtoseconds since the launch

inline constexpr Time kNever = INT64_MAX / 4;
inline constexpr double kFemtosecondsPerSecond = 1e15;
inline constexpr double kFemtosecondsPerMicrosecond = 1e9;

/// A time in femtoseconds computed in floating point, rounded.
inline Time rounded(double femtoseconds) {
  return static_cast<Time>(femtoseconds + 0.5);
}

/// A clock domain. `period` is rounded once; everything else is integer arithmetic.
struct Clock {
  Time period = 0;

  static Clock from_mhz(double mhz) { return {static_cast<Time>(1e9 / mhz + 0.5)}; }
  /// Fractional cycles are allowed (rates such as 48.5 bytes a cycle); the result is rounded to a
  /// femtosecond.
  Time cycles(double count) const { return static_cast<Time>(count * static_cast<double>(period) + 0.5); }
  double to_cycles(Time t) const { return static_cast<double>(t) / static_cast<double>(period); }
};

}  // namespace fp6sim::sim
