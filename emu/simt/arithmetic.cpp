#include "emu/simt/arithmetic.h"

#include <bit>
#include <cmath>

#include "emu/binary16.h"

namespace fp6sim::simt {
namespace {

/// binary32 nearest `x` in the direction that keeps a later rounding to fewer bits single: truncated, with
/// the last bit set where anything was lost (round to odd). Overflow and NaN as the conversion gives them.
float round_to_odd(double x) {
  const float nearest = static_cast<float>(x);
  if (std::isinf(nearest) && !std::isinf(x)) return nearest;
  if (!std::isfinite(x) || static_cast<double>(nearest) == x) return nearest;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(x)) --bits;  // magnitude toward zero
  return std::bit_cast<float>(bits | 1u);
}

constexpr std::uint16_t kHalfNan = 0x7FFF;

std::uint16_t half(float x) {
  return std::isnan(x) ? kHalfNan : emu::to_binary16(x);
}
std::uint16_t bfloat(float x) {
  return std::isnan(x) ? kHalfNan : emu::to_bfloat16(x);
}

std::uint32_t join(std::uint16_t low, std::uint16_t high) {
  return std::uint32_t{high} << 16 | low;
}

/// `op` on both halves, in binary64 where every sum and product of 16-bit operands keeps what one rounding
/// needs.
template <class Load, class Store, class Op>
std::uint32_t on_halves(Load load, Store store, Op op, std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  ++detail::counts().half2;
  const auto one = [&](unsigned shift) {
    const auto value = [&](std::uint32_t both) { return load(static_cast<std::uint16_t>(both >> shift)); };
    return store(round_to_odd(op(value(a), value(b), value(c))));
  };
  return join(one(0), one(16));
}

// A product of binary16 is exact in binary64; so is a sum. a*b + c is rounded once in binary64 (std::fma),
// and where that loses a bit its operands are so far apart that the result is no midpoint of a 16-bit format.
double multiply(double a, double b, double) {
  return a * b;
}
double sum(double a, double b, double) {
  return a + b;
}
double difference(double a, double b, double) {
  return a - b;
}
double fused(double a, double b, double c) {
  return a * b + c;
}  // a * b exact: the addition rounds once

const auto kLoadHalf = [](std::uint16_t bits) -> double { return emu::from_binary16(bits); };
const auto kLoadBfloat = [](std::uint16_t bits) -> double { return emu::from_bfloat16(bits); };

}  // namespace

std::uint32_t hmul2(std::uint32_t a, std::uint32_t b) {
  return on_halves(kLoadHalf, half, multiply, a, b, 0);
}
std::uint32_t hadd2(std::uint32_t a, std::uint32_t b) {
  return on_halves(kLoadHalf, half, sum, a, b, 0);
}
std::uint32_t hsub2(std::uint32_t a, std::uint32_t b) {
  return on_halves(kLoadHalf, half, difference, a, b, 0);
}
std::uint32_t hfma2(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return on_halves(kLoadHalf, half, fused, a, b, c);
}
std::uint32_t hmul2_bf16(std::uint32_t a, std::uint32_t b) {
  return on_halves(kLoadBfloat, bfloat, multiply, a, b, 0);
}
std::uint32_t hadd2_bf16(std::uint32_t a, std::uint32_t b) {
  return on_halves(kLoadBfloat, bfloat, sum, a, b, 0);
}
std::uint32_t hsub2_bf16(std::uint32_t a, std::uint32_t b) {
  return on_halves(kLoadBfloat, bfloat, difference, a, b, 0);
}
std::uint32_t hfma2_bf16(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return on_halves(kLoadBfloat, bfloat, fused, a, b, c);
}

std::uint32_t pack_half2(float low, float high) {
  ++detail::counts().convert;
  return join(half(low), half(high));
}
std::uint32_t pack_bfloat162(float low, float high) {
  ++detail::counts().convert;
  return join(bfloat(low), bfloat(high));
}
std::uint16_t to_half(float value) {
  ++detail::counts().convert;
  return half(value);
}
std::uint16_t to_bfloat16(float value) {
  ++detail::counts().convert;
  return bfloat(value);
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
