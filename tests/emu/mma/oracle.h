// The fused step once more, from the published description and sharing no code with emu: every number is an
// exact integer of arbitrary width, a multiple of 2^-400.
#pragma once

#include <cstdint>
#include <span>

namespace fp6sim::oracle {

/// A format spelt out: widths, bias, and whether the all-ones exponent (or only the all-ones code) is
/// special.
struct Format {
  int exponent_bits, mantissa_bits, bias;
  bool ieee_specials, single_nan;
};

inline constexpr Format kBinary16{5, 10, 15, true, false};
inline constexpr Format kBfloat16{8, 7, 127, true, false};
inline constexpr Format kFp8E4M3{4, 3, 7, false, true};
inline constexpr Format kFp8E5M2{5, 2, 15, true, false};
inline constexpr Format kFp6E3M2{3, 2, 3, false, false};
inline constexpr Format kFp4E2M1{2, 1, 1, false, false};
inline constexpr Format kBinary32{8, 23, 127, true, false};

/// d = a . b + c for one step; `grid_bits` is F, `kept_bits` the significant bits a binary32 result keeps.
std::uint32_t fused_step(const Format& a_format, const Format& b_format, bool to_binary16, int grid_bits,
                         int kept_bits, std::span<const std::uint16_t> a, std::span<const std::uint16_t> b,
                         std::uint32_t c);

}  // namespace fp6sim::oracle
