#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>

#include "emu/decode.h"
#include "emu/mma/mma.h"

namespace fp6sim::emu {
namespace {

constexpr std::size_t kMostProducts = 64;
constexpr int kBinary32MinExponent = -126;
constexpr int kNowhere = -100'000;  // the exponent of an addend that takes no part

/// A number taken apart: (-1)^negative * significand * 2^(exponent - fraction), the fraction being the
/// format's mantissa width.
struct Parts {
  bool negative;
  bool infinite;
  bool nan;
  std::uint32_t significand;
  int exponent;
};

/// A sign-magnitude layout, binary32 included.
struct Layout {
  int exponent_bits, mantissa_bits, min_exponent;
  Specials specials;
};

constexpr Layout layout_of(const FloatFormat& f) {
  return {f.exponent_bits, f.mantissa_bits, f.min_exponent(), f.specials};
}
constexpr Layout kBinary32Layout{8, 23, kBinary32MinExponent, Specials::kIeee};

Parts take_apart(const Layout& layout, std::uint32_t code, ZeroExponent zero) {
  const int magnitude_bits = layout.exponent_bits + layout.mantissa_bits;
  const std::uint32_t magnitude = code & ((std::uint32_t{1} << magnitude_bits) - 1);
  const std::uint32_t fraction_mask = (std::uint32_t{1} << layout.mantissa_bits) - 1;
  const int field = static_cast<int>(magnitude >> layout.mantissa_bits);
  const std::uint32_t fraction = magnitude & fraction_mask;
  const bool top = field == (1 << layout.exponent_bits) - 1;
  Parts parts{((code >> magnitude_bits) & 1) != 0, false, false, fraction, layout.min_exponent};
  if (top && layout.specials == Specials::kIeee) {
    parts.infinite = fraction == 0;
    parts.nan = fraction != 0;
  } else if (top && layout.specials == Specials::kNanOnly && fraction == fraction_mask) {
    parts.nan = true;
  } else if (field != 0) {
    parts.significand |= fraction_mask + 1;
    parts.exponent = layout.min_exponent + field - 1;
  } else if (fraction == 0 && zero != ZeroExponent::kFormat) {
    parts.exponent = zero == ZeroExponent::kBinary32 ? kBinary32MinExponent : kNowhere;
  }
  return parts;
}

/// An addend of the sum: (-1)^negative * significand * 2^(exponent - fraction_bits).
struct Addend {
  bool negative;
  std::uint64_t significand;
  int exponent;
  int fraction_bits;
};

/// Cuts an addend toward zero on the grid 2^(top - F); the result counts grid units.
std::int64_t on_grid(const Addend& addend, int top, int grid_bits) {
  const int shift = (addend.exponent - addend.fraction_bits) - (top - grid_bits);
  const std::uint64_t units = shift >= 0    ? addend.significand << shift
                              : shift > -64 ? addend.significand >> -shift
                                            : 0;
  const auto magnitude = static_cast<std::int64_t>(units);
  return addend.negative ? -magnitude : magnitude;
}

/// Binary32 bits of magnitude * 2^exponent, toward zero to `significant_bits`; magnitude > 0.
std::uint32_t round_to_binary32(std::uint64_t magnitude, int exponent, int significant_bits) {
  const int leading = 63 - std::countl_zero(magnitude) + exponent;  // 2^leading <= value
  if (leading >= 128) return kBinary32Infinity;
  const int unit = std::max(leading, kBinary32MinExponent) - (significant_bits - 1);
  const int shift = unit - exponent;
  if (shift > 63) return 0;
  // Kept bits, brought back to the 24-bit significand.
  const std::uint64_t kept = (shift >= 0 ? magnitude >> shift : magnitude << -shift)
                             << (24 - significant_bits);
  if (leading < kBinary32MinExponent) return static_cast<std::uint32_t>(kept);
  return (static_cast<std::uint32_t>(leading + 126) << 23) + static_cast<std::uint32_t>(kept);
}

/// Binary16 bits of magnitude * 2^exponent, to nearest even; magnitude > 0.
std::uint32_t round_to_binary16(std::uint64_t magnitude, int exponent) {
  const int leading = 63 - std::countl_zero(magnitude) + exponent;
  if (leading >= 16) return 0x7C00u;
  const int at = std::max(leading, -14);
  const int shift = at - 10 - exponent;
  std::uint64_t kept = 0;
  if (shift <= 0) {
    kept = magnitude << -shift;
  } else if (shift < 64) {
    kept = magnitude >> shift;
    const std::uint64_t rest = magnitude & ((std::uint64_t{1} << shift) - 1);
    const std::uint64_t half = std::uint64_t{1} << (shift - 1);
    if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
  }
  // The hidden bit of `kept` carries into the exponent field below it; past 65504 that gives infinity's bits.
  return (static_cast<std::uint32_t>(at + 14) << 10) + static_cast<std::uint32_t>(kept);
}

}  // namespace

std::uint32_t fused_step(const MmaContext& context, std::span<const std::uint16_t> a,
                         std::span<const std::uint16_t> b, std::uint32_t c, BlockScales scales) {
  assert(a.size() == b.size() && a.size() <= kMostProducts);
  const bool to_f32 = context.accumulate == Accumulate::kF32;
  const Layout layout_a = layout_of(context.a);
  const Layout layout_b = layout_of(context.b);
  const Layout layout_c = to_f32 ? kBinary32Layout : layout_of(kFp16);
  const ZeroExponent zero = context.options.zero_exponent;
  const std::uint32_t sign_bit = to_f32 ? 0x80000000u : 0x8000u;
  const std::uint32_t infinity = to_f32 ? kBinary32Infinity : 0x7C00u;
  const std::uint32_t nan = to_f32 ? kBinary32CanonicalNan : 0x7FFFu;

  // 1. Take everything apart; note the specials.
  std::array<Addend, kMostProducts + 1> addends;
  std::size_t count = 0;
  bool any_nan = scales.a == 255 || scales.b == 255;
  bool positive_infinity = false, negative_infinity = false;
  const auto note_infinity = [&](bool negative) {
    (negative ? negative_infinity : positive_infinity) = true;
  };
  const int scale_exponent = (scales.a - 127) + (scales.b - 127);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Parts x = take_apart(layout_a, a[i], zero);
    const Parts y = take_apart(layout_b, b[i], zero);
    const bool negative = x.negative != y.negative;
    if (x.nan || y.nan) any_nan = true;
    if (x.infinite || y.infinite) {
      const bool by_zero = (!x.infinite && x.significand == 0) || (!y.infinite && y.significand == 0);
      if (by_zero) any_nan = true;
      note_infinity(negative);
    }
    addends[count++] = {negative, std::uint64_t{x.significand} * y.significand,
                        x.exponent + y.exponent + scale_exponent,
                        layout_a.mantissa_bits + layout_b.mantissa_bits};
  }
  const Parts addend_c = take_apart(layout_c, c, zero);
  any_nan |= addend_c.nan;
  if (addend_c.infinite) note_infinity(addend_c.negative);
  addends[count++] = {addend_c.negative, addend_c.significand, addend_c.exponent, layout_c.mantissa_bits};
  if (any_nan || (positive_infinity && negative_infinity)) return nan;
  if (positive_infinity) return infinity;
  if (negative_infinity) return sign_bit | infinity;

  // 2. The largest exponent, and the sum on its grid.
  int top = kNowhere;
  bool all_negative_zero = true;
  for (std::size_t i = 0; i < count; ++i) {
    top = std::max(top, addends[i].exponent);
    all_negative_zero &= addends[i].negative && addends[i].significand == 0;
  }
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += on_grid(addends[i], top, context.rule.fraction_bits);

  // 3. One rounding.
  if (sum == 0) {
    return all_negative_zero && context.options.all_negative_zero == ZeroSign::kNegative ? sign_bit : 0u;
  }
  const auto magnitude = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
  const int exponent = top - context.rule.fraction_bits;
  const std::uint32_t rounded =
      to_f32 ? round_to_binary32(magnitude, exponent, context.rule.f32_significant_bits)
             : round_to_binary16(magnitude, exponent);
  if (sum > 0) return rounded;
  if (rounded == 0) return context.options.negative_underflow == ZeroSign::kNegative ? sign_bit : 0u;
  return sign_bit | rounded;
}

std::uint32_t mma_chain(const MmaContext& context, std::span<const std::uint16_t> a,
                        std::span<const std::uint16_t> b, std::uint32_t c) {
  const auto step = static_cast<std::size_t>(context.rule.products_per_step);
  assert(a.size() == b.size() && a.size() % step == 0);
  for (std::size_t at = 0; at < a.size(); at += step) {
    c = fused_step(context, a.subspan(at, step), b.subspan(at, step), c);
  }
  return c;
}

}  // namespace fp6sim::emu
