// The number formats, as data: adding a format is adding one row to kFormats.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace fp6sim::emu {

/// What the all-ones exponent means.
enum class Specials : std::uint8_t {
  kNone,     ///< nothing special: every code is a number (OCP FP6, FP4)
  kNanOnly,  ///< only the all-ones magnitude is NaN, no infinity (OCP E4M3)
  kIeee,     ///< infinity and NaNs, as binary16
};

/// A sign-magnitude binary floating-point format: bit layout {sign, exponent, mantissa}, most significant
/// first. Widths: exponent_bits 1..8, mantissa_bits 0..22, 1 + exponent_bits + mantissa_bits <= 16; value of
/// a normal code
/// (-1)^s * 2^(e-bias) * (1 + m/2^mantissa_bits), of a subnormal (e = 0) (-1)^s * 2^(1-bias) *
/// m/2^mantissa_bits.
struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  Specials specials;

  constexpr int bits() const { return 1 + exponent_bits + mantissa_bits; }
  /// Exponent of the smallest normal, which is also that of every subnormal.
  constexpr int min_exponent() const { return 1 - bias; }
  constexpr std::uint32_t sign_mask() const { return std::uint32_t{1} << (exponent_bits + mantissa_bits); }
  constexpr std::uint32_t magnitude_mask() const { return sign_mask() - 1; }
  constexpr std::uint32_t exponent_mask() const {
    return ((std::uint32_t{1} << exponent_bits) - 1) << mantissa_bits;
  }
  /// Magnitude bits of the largest finite value.
  constexpr std::uint32_t largest_code() const {
    switch (specials) {
      case Specials::kIeee:
        return exponent_mask() - 1;
      case Specials::kNanOnly:
        return magnitude_mask() - 1;
      case Specials::kNone:
        break;
    }
    return magnitude_mask();
  }
  friend constexpr bool operator==(const FloatFormat&, const FloatFormat&) = default;
};

/// Sources: OCP Microscaling Formats v1.0 (E3M2, E2M3, E2M1), OCP 8-bit floating point v1.0 (E4M3, E5M2),
/// IEEE 754 (FP16), the FP6-LLM authors' FP5 pair (E2M2, E3M1: same rules, one bit fewer).
inline constexpr FloatFormat kE3M2{3, 2, 3, Specials::kNone};
inline constexpr FloatFormat kE2M3{2, 3, 1, Specials::kNone};
inline constexpr FloatFormat kE2M2{2, 2, 1, Specials::kNone};
inline constexpr FloatFormat kE3M1{3, 1, 3, Specials::kNone};
inline constexpr FloatFormat kE2M1{2, 1, 1, Specials::kNone};
inline constexpr FloatFormat kE4M3{4, 3, 7, Specials::kNanOnly};
inline constexpr FloatFormat kE5M2{5, 2, 15, Specials::kIeee};
inline constexpr FloatFormat kFp16{5, 10, 15, Specials::kIeee};
inline constexpr FloatFormat kBf16{8, 7, 127, Specials::kIeee};

enum class FormatKind : std::uint8_t {
  kFloat,    ///< `floating` describes it
  kInteger,  ///< symmetric: two's complement in `bits`; asymmetric: unsigned with a zero point
};

/// One row of the table: what a user names with --format.
struct Format {
  std::string_view name;
  FormatKind kind;
  int bits;
  FloatFormat floating;          ///< meaningful where kind is kFloat
  std::string_view description;  ///< one line for `fp6sim list formats`

  constexpr bool is_float() const { return kind == FormatKind::kFloat; }
  /// Largest magnitude RTN produces: 28 for E3M2, 2^(bits-1)-1 for symmetric integers.
  constexpr int largest_integer() const { return (1 << (bits - 1)) - 1; }
};

/// All formats, in the order `fp6sim list formats` shows them.
std::span<const Format> formats();

/// The row of that name (lower case, as in `formats()`). Throws fp6sim::Error naming the nearest names.
const Format& format_by_name(std::string_view name);

}  // namespace fp6sim::emu
