// OCP Microscaling blocks: 32 elements of a narrow floating-point format under one power-of-two scale.
// Source: OCP Microscaling Formats (MX) Specification v1.0, sections 5 and 6.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "emu/quantize.h"

namespace fp6sim::emu {

inline constexpr std::size_t kMxBlock = 32;

/// A concrete MX format: which element format the 32 elements have. Adding one is adding a row.
struct MxFormat {
  std::string_view name;
  std::string_view element;  ///< a name of formats()

  double bits_per_weight() const { return format_by_name(element).bits + 8.0 / kMxBlock; }
};

inline constexpr std::array<MxFormat, 5> kMxFormats{{
    {"mxfp4", "e2m1"},
    {"mxfp6-e3m2", "e3m2"},
    {"mxfp6-e2m3", "e2m3"},
    {"mxfp8-e4m3", "e4m3"},
    {"mxfp8-e5m2", "e5m2"},
}};

/// How quantize() makes MX blocks: groups of 32 along the row, E8M0 scales 2^(floor(log2 max|w|) - emax of
/// the element format), elements RNE and saturating. A block of zeros takes scale 1. Also reached as
/// quantize_recipe(name).
QuantizeSpec mx_spec(const MxFormat& format);

/// The E8M0 code of a power of two 2^-127..2^127, exponent + 127.
constexpr std::uint8_t encode_e8m0(float power) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(power);
  return bits == 0x00400000u ? std::uint8_t{0}
                             : static_cast<std::uint8_t>(bits >> 23);  // 2^-127 is a binary32 subnormal
}

/// The value of an E8M0 code: 2^(code - 127), exact; 0xFF is NaN.
constexpr float decode_e8m0(std::uint8_t code) {
  if (code == 0xFF) return std::bit_cast<float>(0x7FC00000u);
  return std::bit_cast<float>(code == 0 ? 0x00400000u : static_cast<std::uint32_t>(code) << 23);
}

/// Element values times scales, in binary32: exact unless the product leaves binary32's range. A block whose
/// scale is NaN is NaN throughout. codes.size() == out.size() == 32 * scales.size(), else fp6sim::Error.
void decode_mx(const MxFormat& format, std::span<const std::uint8_t> codes,
               std::span<const std::uint8_t> scales, std::span<float> out);

}  // namespace fp6sim::emu
