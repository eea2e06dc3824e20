#include "tests/emu/mma/oracle.h"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <vector>

namespace fp6sim::oracle {
namespace {

using Integer = boost::multiprecision::cpp_int;

constexpr int kPoint = 400;  // binary digits after the point

enum class Kind { kFinite, kInfinite, kNan };

struct Number {
  Kind kind = Kind::kFinite;
  bool negative = false;
  Integer value = 0;  // magnitude times 2^kPoint
  int exponent = 0;
};

Number read(const Format& f, std::uint32_t code) {
  const std::uint32_t sign = code >> (f.exponent_bits + f.mantissa_bits) & 1;
  const std::uint32_t exponent = code >> f.mantissa_bits & ((1u << f.exponent_bits) - 1);
  const std::uint32_t mantissa = code & ((1u << f.mantissa_bits) - 1);
  const bool ones = exponent == (1u << f.exponent_bits) - 1;
  Number n;
  n.negative = sign == 1;
  if (ones && f.ieee_specials) n.kind = mantissa == 0 ? Kind::kInfinite : Kind::kNan;
  if (ones && f.single_nan && mantissa == (1u << f.mantissa_bits) - 1) n.kind = Kind::kNan;
  const bool subnormal = exponent == 0;
  n.exponent = (subnormal ? 1 : static_cast<int>(exponent)) - f.bias;
  n.value = Integer(mantissa + (subnormal ? 0 : 1u << f.mantissa_bits))
            << (kPoint + n.exponent - f.mantissa_bits);
  if (n.value == 0) n.exponent = -126;
  return n;
}

/// The code of `f` for the magnitude `value` / 2^kPoint: the largest finite code not above it, and the next
/// one if rounding to nearest asks for it. Found by bisection over the codes, which increase with their
/// values.
std::uint32_t write(const Format& f, const Integer& value, bool to_nearest) {
  const std::uint32_t infinity = ((1u << f.exponent_bits) - 1) << f.mantissa_bits;
  // One past the largest finite number, for the tie at overflow.
  const auto magnitude_of = [&](std::uint32_t code) {
    return code < infinity ? read(f, code).value : Integer(1) << (kPoint + (1 << (f.exponent_bits - 1)));
  };
  std::uint32_t low = 0, high = infinity;
  if (value >= magnitude_of(infinity)) return infinity;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (magnitude_of(middle) <= value ? low : high) = middle;
  }
  if (!to_nearest) return low;
  const Integer below = value - magnitude_of(low);
  const Integer above = magnitude_of(high) - value;
  if (above < below || (above == below && (low & 1) == 1)) return high;
  return low;
}

}  // namespace

std::uint32_t fused_step(const Format& a_format, const Format& b_format, bool to_binary16, int grid_bits,
                         int kept_bits, std::span<const std::uint16_t> a, std::span<const std::uint16_t> b,
                         std::uint32_t c) {
  const Format& out = to_binary16 ? kBinary16 : kBinary32;
  const std::uint32_t nan = to_binary16 ? 0x7FFFu : 0x7FFFFFFFu;
  const std::uint32_t sign = to_binary16 ? 0x8000u : 0x80000000u;
  const std::uint32_t infinity = to_binary16 ? 0x7C00u : 0x7F800000u;
  struct Term {
    Integer value;
    bool negative;
    int exponent;
  };
  std::vector<Term> terms;
  bool saw_nan = false, saw_plus = false, saw_minus = false;
  const Number addend = read(out, c);
  saw_nan |= addend.kind == Kind::kNan;
  if (addend.kind == Kind::kInfinite) (addend.negative ? saw_minus : saw_plus) = true;
  terms.push_back({addend.value, addend.negative, addend.exponent});
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Number x = read(a_format, a[i]);
    const Number y = read(b_format, b[i]);
    const bool negative = x.negative ^ y.negative;
    if (x.kind == Kind::kNan || y.kind == Kind::kNan) saw_nan = true;
    if (x.kind == Kind::kInfinite || y.kind == Kind::kInfinite) {
      if ((x.kind == Kind::kFinite && x.value == 0) || (y.kind == Kind::kFinite && y.value == 0))
        saw_nan = true;
      (negative ? saw_minus : saw_plus) = true;
    }
    terms.push_back({(x.value * y.value) >> kPoint, negative, x.exponent + y.exponent});
  }
  if (saw_nan || (saw_plus && saw_minus)) return nan;
  if (saw_plus) return infinity;
  if (saw_minus) return sign | infinity;
  int top = terms[0].exponent;
  for (const Term& term : terms) top = std::max(top, term.exponent);
  const int drop = kPoint + top - grid_bits;  // digits below the grid
  Integer sum = 0;
  for (const Term& term : terms) {
    Integer kept = term.value;
    if (drop > 0) kept = (kept >> drop) << drop;
    if (term.negative)
      sum -= kept;
    else
      sum += kept;
  }
  const bool negative = sum < 0;
  if (negative) sum = -sum;
  std::uint32_t code = write(out, sum, to_binary16);
  if (!to_binary16 && kept_bits < 24 && code < infinity) {
    // Fewer significant bits: the low digits of a binary32 mantissa go, and overflow cannot happen.
    code &= ~((1u << (24 - kept_bits)) - 1);
  }
  if (code == 0) return 0;
  return (negative ? sign : 0) | code;
}

}  // namespace fp6sim::oracle
