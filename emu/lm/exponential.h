// exp in binary32 as a fixed sequence of roundings: one table of constants for the scalar and the SIMD
// version.
#pragma once

namespace fp6sim::lm::exponential_constants {

// x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 in two parts, the first with enough low zeros that n * kLn2High is
// exact.
inline constexpr float kLargest = 87.0f;
inline constexpr float kLog2E = 1.44269504088896341f;
inline constexpr float kRound =
    12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
inline constexpr float kLn2High = 0.693359375f;
inline constexpr float kLn2Low = -2.12194440e-4f;
// Taylor's coefficients 1/k!, k = 7 .. 0: on |r| <= 0.347 the remainder is below 6e-9 relative.
inline constexpr float kTaylor[] = {1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24,
                                    1.0f / 6,    0.5f,       1.0f,       1.0f};

}  // namespace fp6sim::lm::exponential_constants
