#include "emu/simt/arithmetic.h"

#include <bit>
#include <cmath>

#include "emu/binary16.h"
#include "emu/decode.h"

namespace fp6sim::simt {
namespace {

/// binary32 nearest `x` in the direction that keeps a later rounding to fewer bits single: truncated, with
/// the last bit set where anything was lost (round to odd). Overflow and NaN as the conversion gives them.
float round_to_odd(double x) {
  const float nearest = static_cast<float>(x);
  if (static_cast<double>(nearest) == x || x != x || std::isinf(nearest)) return nearest;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(x)) --bits;  // magnitude toward zero
  return std::bit_cast<float>(bits | 1u);
}

constexpr std::uint16_t kHalfNan = 0x7FFF;

/// A 16-bit format's conversions: straight bit shifts where value and result are normal, emu's otherwise.
struct Half {
  static constexpr int kShift = 13;                           // binary32 has 13 more mantissa bits
  static constexpr std::uint32_t kRebias = (127 - 15) << 10;  // in units of the half's last place
  static constexpr std::uint32_t kSmallest = 0x38800000u, kBeyond = 0x477FF000u;  // 2^-14 and 65520
  static float load(std::uint16_t bits) {
    const std::uint32_t magnitude = bits & 0x7FFFu;
    if (magnitude - 0x400 >= 0x7C00 - 0x400) return emu::from_binary16(bits);
    return std::bit_cast<float>(((magnitude + kRebias) << kShift) | (std::uint32_t{bits} & 0x8000u) << 16);
  }
  static std::uint16_t encode(float x) { return emu::to_binary16(x); }
};

struct Bfloat {
  static constexpr int kShift = 16;
  static constexpr std::uint32_t kRebias = 0;
  static constexpr std::uint32_t kSmallest = 0x00800000u, kBeyond = 0x7F000000u;
  static float load(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
  static std::uint16_t encode(float x) { return emu::to_bfloat16(x); }
};

/// RNE of a binary32 value; NaN is canonical.
template <class Format>
std::uint16_t store(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), magnitude = bits & 0x7FFFFFFFu;
  if (magnitude >= Format::kSmallest && magnitude < Format::kBeyond) {
    const std::uint32_t half_minus = (1u << (Format::kShift - 1)) - 1;
    const std::uint32_t rounded =
        (magnitude + half_minus + (magnitude >> Format::kShift & 1)) >> Format::kShift;
    return static_cast<std::uint16_t>((rounded - Format::kRebias) | (bits >> 16 & 0x8000u));
  }
  return x != x ? kHalfNan : Format::encode(x);
}

std::uint32_t join(std::uint16_t low, std::uint16_t high) {
  return std::uint32_t{high} << 16 | low;
}

/// `op` on both halves, in binary64, which keeps of every sum and product of 16-bit operands what one
/// rounding needs.
template <class Format, class Op>
std::uint32_t on_halves(Op op, std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  ++detail::counts().half2;
  const auto one = [&](unsigned shift) {
    const auto value = [&](std::uint32_t both) -> double {
      return Format::load(static_cast<std::uint16_t>(both >> shift));
    };
    return store<Format>(round_to_odd(op(value(a), value(b), value(c))));
  };
  return join(one(0), one(16));
}

// Products are exact in binary64 (at most 22 bits), so a*b + c rounds once there; where that loses a bit the
// operands are so far apart that the result is no midpoint of a 16-bit format, and rounding to odd keeps the
// next one single.
constexpr auto kMultiply = [](double a, double b, double) { return a * b; };
constexpr auto kAdd = [](double a, double b, double) { return a + b; };
constexpr auto kSubtract = [](double a, double b, double) { return a - b; };
constexpr auto kFused = [](double a, double b, double c) { return a * b + c; };

}  // namespace

std::uint32_t hmul2(std::uint32_t a, std::uint32_t b) {
  // The hot one: binary32 holds the product exactly (11 + 11 bits, exponents within its range).
  ++detail::counts().half2;
  const auto one = [&](unsigned shift) {
    const auto value = [&](std::uint32_t both) {
      return Half::load(static_cast<std::uint16_t>(both >> shift));
    };
    return store<Half>(value(a) * value(b));
  };
  return join(one(0), one(16));
}
std::uint32_t hadd2(std::uint32_t a, std::uint32_t b) {
  return on_halves<Half>(kAdd, a, b, 0);
}
std::uint32_t hsub2(std::uint32_t a, std::uint32_t b) {
  return on_halves<Half>(kSubtract, a, b, 0);
}
std::uint32_t hfma2(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return on_halves<Half>(kFused, a, b, c);
}
std::uint32_t hmul2_bf16(std::uint32_t a, std::uint32_t b) {
  return on_halves<Bfloat>(kMultiply, a, b, 0);
}
std::uint32_t hadd2_bf16(std::uint32_t a, std::uint32_t b) {
  return on_halves<Bfloat>(kAdd, a, b, 0);
}
std::uint32_t hsub2_bf16(std::uint32_t a, std::uint32_t b) {
  return on_halves<Bfloat>(kSubtract, a, b, 0);
}
std::uint32_t hfma2_bf16(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return on_halves<Bfloat>(kFused, a, b, c);
}

std::uint32_t pack_half2(float low, float high) {
  ++detail::counts().convert;
  return join(store<Half>(low), store<Half>(high));
}
std::uint32_t pack_bfloat162(float low, float high) {
  ++detail::counts().convert;
  return join(store<Bfloat>(low), store<Bfloat>(high));
}
std::uint16_t to_half(float value) {
  ++detail::counts().convert;
  return store<Half>(value);
}
std::uint16_t to_bfloat16(float value) {
  ++detail::counts().convert;
  return store<Bfloat>(value);
}
std::uint32_t half2_from_e4m3x2(std::uint16_t pair) {
  ++detail::counts().convert;
  return join(store<Half>(emu::decode(emu::kE4M3, pair & 0xFFu)),
              store<Half>(emu::decode(emu::kE4M3, pair >> 8u)));
}
float from_half(std::uint16_t bits) {
  ++detail::counts().convert;
  return emu::from_binary16(bits);
}
float from_bfloat16(std::uint16_t bits) {
  ++detail::counts().convert;
  return emu::from_bfloat16(bits);
}

float fadd(float a, float b) {
  ++detail::counts().float32;
  return a + b;
}
float fmul(float a, float b) {
  ++detail::counts().float32;
  return a * b;
}
float ffma(float a, float b, float c) {
  ++detail::counts().float32;
  return std::fma(a, b, c);
}

}  // namespace fp6sim::simt
