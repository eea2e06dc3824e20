// The SIMD side of rtn_parts.h: compiled once for each target, dispatched at run time.
#include "emu/simd/rtn_parts.h"

// Vectors whose length is known only at run time cannot be kept in arrays; NEON serves those machines.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emu/simd/rtn_simd.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fp6sim::emu {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR  // the reference in quantize.cpp takes what is left: all of it

simd::FiniteRange RangeOf(const float*, std::size_t) {
  return {false, 0, 0};
}
std::size_t CodesOf(const RtnRule&, const float*, std::size_t, std::uint8_t*) {
  return 0;
}
std::size_t ErrorOf(const RtnRule&, const float*, std::size_t, ErrorParts&) {
  return 0;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

template <class D>  // of float
struct Rounder {
  using U = hn::RebindToUnsigned<D>;
  using V = hn::Vec<D>;
  using Bits = hn::Vec<U>;
  D d;
  U du;
  const RtnRule& rule;
  V divisor;

  explicit Rounder(const RtnRule& r) : rule(r), divisor(hn::Set(d, r.divisor)) {}

  // Rounded magnitude as a value; `exponent` and `unit` as in RoundMagnitude (fp6_encode-inl.h).
  HWY_INLINE V Magnitude(V x, Bits& exponent, Bits& unit) const {
    const Bits clamped =
        hn::Min(hn::And(hn::BitCast(du, x), hn::Set(du, 0x7FFFFFFFu)), hn::Set(du, rule.largest));
    exponent = hn::And(hn::Max(clamped, hn::Set(du, rule.smallest_normal)), hn::Set(du, 0x7F800000u));
    unit = hn::Add(exponent, hn::Set(du, static_cast<std::uint32_t>(rule.shift) << 23));
    return hn::Add(hn::BitCast(d, clamped), hn::BitCast(d, unit));
  }
  HWY_INLINE V Integer(V x) const {
    const V near = hn::Min(hn::Max(x, hn::Set(d, -512.0f)), hn::Set(d, 512.0f));
    const V q = hn::Add(hn::Round(near), hn::Set(d, rule.zero));
    return hn::Min(hn::Max(q, hn::Set(d, rule.lowest)), hn::Set(d, rule.highest));
  }

  // Value before the scale, of the code x / divisor rounds to.
  HWY_INLINE V Value(V weights) const {
    const V x = hn::Div(weights, divisor);
    if (!rule.is_float) return hn::Sub(Integer(x), hn::Set(d, rule.zero));
    Bits exponent, unit;
    const V sum = Magnitude(x, exponent, unit);
    return hn::CopySignToAbs(hn::Sub(sum, hn::BitCast(d, unit)), x);
  }
  HWY_INLINE Bits Code(V weights) const {
    const V x = hn::Div(weights, divisor);
    if (!rule.is_float) {
      const hn::RebindToSigned<D> di;
      return hn::And(hn::BitCast(du, hn::ConvertTo(di, Integer(x))), hn::Set(du, rule.mask));
    }
    Bits exponent, unit;
    const V sum = Magnitude(x, exponent, unit);
    const Bits code =
        hn::Add(hn::Sub(hn::BitCast(du, sum), unit),
                hn::ShiftRightSame(hn::Sub(exponent, hn::Set(du, rule.smallest_normal)), rule.shift));
    const Bits negative = hn::BitCast(du, hn::BroadcastSignBit(hn::BitCast(hn::RebindToSigned<D>(), x)));
    return hn::Or(code, hn::And(negative, hn::Set(du, rule.sign)));
  }
};

simd::FiniteRange RangeOf(const float* HWY_RESTRICT weights, std::size_t count) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const std::size_t lanes = hn::Lanes(d);
  auto lowest = hn::Zero(d);
  auto highest = hn::Zero(d);
  auto magnitude = hn::Zero(du);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto w = hn::LoadU(d, weights + i);
    lowest = hn::Min(lowest, w);
    highest = hn::Max(highest, w);
    magnitude = hn::Max(magnitude, hn::BitCast(du, hn::Abs(w)));
  }
  bool finite = hn::GetLane(hn::MaxOfLanes(du, magnitude)) < 0x7F800000u;
  simd::FiniteRange range{finite, hn::GetLane(hn::MinOfLanes(d, lowest)),
                          hn::GetLane(hn::MaxOfLanes(d, highest))};
  for (; i < count; ++i) {
    range.finite = range.finite && weights[i] - weights[i] == 0.0f;
    range.lowest = HWY_MIN(range.lowest, weights[i]);
    range.highest = HWY_MAX(range.highest, weights[i]);
  }
  return range;
}

std::size_t CodesOf(const RtnRule& rule, const float* HWY_RESTRICT weights, std::size_t count,
                    std::uint8_t* HWY_RESTRICT codes) {
  const hn::CappedTag<float, 8> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const hn::RebindToSigned<decltype(d)> di;
  const Rounder<decltype(d)> rounder(rule);
  const std::size_t taken = count / 8 * 8;
  for (std::size_t i = 0; i < taken; i += hn::Lanes(d)) {
    const auto code = rounder.Code(hn::LoadU(d, weights + i));
    hn::StoreU(hn::DemoteTo(d8, hn::BitCast(di, code)), d8, codes + i);
  }
  return taken;
}

std::size_t ErrorOf(const RtnRule& rule, const float* HWY_RESTRICT weights, std::size_t count,
                    ErrorParts& parts) {
  const hn::CappedTag<double, 8> dd;
  const hn::Rebind<float, decltype(dd)> d;
  const Rounder<decltype(d)> rounder(rule);
  const auto stored = hn::Set(d, rule.stored);
  constexpr std::size_t kLanes = hn::MaxLanes(dd);
  hn::Vec<decltype(dd)> sums[8 / kLanes];
  for (std::size_t part = 0; part < 8 / kLanes; ++part)
    sums[part] = hn::LoadU(dd, parts.data() + part * kLanes);
  const std::size_t taken = count / 8 * 8;
  for (std::size_t i = 0; i < taken; i += 8) {
    for (std::size_t part = 0; part < 8 / kLanes; ++part) {
      const auto w = hn::LoadU(d, weights + i + part * kLanes);
      const auto back = hn::Mul(rounder.Value(w), stored);
      const auto error = hn::Sub(hn::PromoteTo(dd, w), hn::PromoteTo(dd, back));
      sums[part] = hn::Add(sums[part], hn::Mul(error, error));
    }
  }
  for (std::size_t part = 0; part < 8 / kLanes; ++part)
    hn::StoreU(sums[part], dd, parts.data() + part * kLanes);
  return taken;
}

#endif  // HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::emu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fp6sim::emu {

HWY_EXPORT(RangeOf);
HWY_EXPORT(CodesOf);
HWY_EXPORT(ErrorOf);

namespace simd {

FiniteRange finite_range(const float* weights, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(RangeOf)(weights, count);
}
std::size_t rtn_codes(const RtnRule& rule, const float* weights, std::size_t count, std::uint8_t* codes) {
  return HWY_DYNAMIC_DISPATCH(CodesOf)(rule, weights, count, codes);
}
std::size_t rtn_error(const RtnRule& rule, const float* weights, std::size_t count, ErrorParts& parts) {
  return HWY_DYNAMIC_DISPATCH(ErrorOf)(rule, weights, count, parts);
}

}  // namespace simd
}  // namespace fp6sim::emu
#endif  // HWY_ONCE
