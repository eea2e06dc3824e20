// Truth tables of lop3, from a = 0xF0, b = 0xCC, c = 0xAA.
#pragma once

#include "kernels/device/device.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

inline constexpr unsigned kAnd = 0xF0 & 0xCC;                        // a & b
inline constexpr unsigned kAndOr = (0xF0 & 0xCC) | 0xAA;             // (a & b) | c
inline constexpr unsigned kAndXor = (0xF0 & 0xCC) ^ 0xAA;            // (a & b) ^ c
inline constexpr unsigned kXor = 0xF0 ^ 0xCC;                        // a ^ b
inline constexpr unsigned kXorAnd = (0xF0 ^ 0xCC) & 0xAA;            // (a ^ b) & c
inline constexpr unsigned kSelect = (0xF0 & 0xAA) | (0xCC & ~0xAA);  // c ? a : b, bit by bit

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
