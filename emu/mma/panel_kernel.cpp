// Compiled once for each instruction set (Highway); emu/mma/panel_kernel.h says what it computes and why it
// is exact.
#include "emu/mma/panel_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emu/mma/panel_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fp6sim::emu {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

// One lane at a time gains nothing over the reference.
const PanelKernel* kernel_of_target() {
  return nullptr;
}

#else
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kWideRows = hn::MaxLanes(hn::ScalableTag<std::int8_t>());
constexpr std::size_t kWideGroup = 1, kNarrowGroup = 4;
constexpr std::uint32_t kBeyondC = (127u + 100u) << 23;  // 2^100

/// Conversion toward zero, without the repair of overflow that Highway's adds: all inputs are below 2^31.
template <class DI, class VF>
HWY_INLINE hn::VFromD<DI> truncate(DI di, VF v) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (sizeof(v) == 64) return hn::VFromD<DI>{_mm512_cvttps_epi32(v.raw)};
#endif
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  if constexpr (sizeof(v) == 32) return hn::VFromD<DI>{_mm256_cvttps_epi32(v.raw)};
#endif
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  if constexpr (sizeof(v) == 16) return hn::VFromD<DI>{_mm_cvttps_epi32(v.raw)};
#endif
  return hn::ConvertTo(di, v);
}

/// Eight rows by eight k of 16-bit codes, transposed: out + j * stride takes the rows of k number j.
HWY_INLINE void transpose_8x8(const std::uint16_t* codes, std::size_t code_stride, std::uint16_t* out,
                              std::size_t out_stride) {
  const hn::FixedTag<std::uint16_t, 8> d16;
  const hn::Repartition<std::uint32_t, decltype(d16)> d32;
  const hn::Repartition<std::uint64_t, decltype(d16)> d64;
  hn::VFromD<decltype(d16)> r[8];
  for (std::size_t i = 0; i < 8; ++i) r[i] = hn::LoadU(d16, codes + i * code_stride);
  hn::VFromD<decltype(d32)> p[8];  // pairs of rows, then fours
  for (std::size_t i = 0; i < 4; ++i) {
    p[2 * i] = hn::BitCast(d32, hn::InterleaveLower(d16, r[2 * i], r[2 * i + 1]));
    p[2 * i + 1] = hn::BitCast(d32, hn::InterleaveUpper(d16, r[2 * i], r[2 * i + 1]));
  }
  hn::VFromD<decltype(d64)> q[8];
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t half = 0; half < 2; ++half) {
      q[4 * i + 2 * half] = hn::BitCast(d64, hn::InterleaveLower(d32, p[4 * i + half], p[4 * i + 2 + half]));
      q[4 * i + 2 * half + 1] =
          hn::BitCast(d64, hn::InterleaveUpper(d32, p[4 * i + half], p[4 * i + 2 + half]));
    }
  }
  for (std::size_t j = 0; j < 4; ++j) {
    hn::Store(hn::BitCast(d16, hn::InterleaveLower(d64, q[j], q[4 + j])), d16, out + 2 * j * out_stride);
    hn::Store(hn::BitCast(d16, hn::InterleaveUpper(d64, q[j], q[4 + j])), d16,
              out + (2 * j + 1) * out_stride);
  }
}

/// Exponents of codes in 16-bit lanes, and a nonzero lane in `unfit` for a code outside the bounds.
template <int kHighest, class D16>
HWY_INLINE hn::VFromD<hn::RebindToSigned<D16> > exponents_of(D16 d16, const PanelFormat& format,
                                                             hn::VFromD<D16> codes, hn::VFromD<D16>& unfit) {
  const hn::RebindToSigned<D16> di16;
  const auto magnitude = hn::And(codes, hn::Set(d16, 0x7FFF));
  const auto zero = hn::Eq(magnitude, hn::Zero(d16));
  hn::VFromD<decltype(di16)> exponent;
  if (format.bfloat16) {
    const auto field = hn::ShiftRight<7>(magnitude);
    exponent = hn::Sub(hn::BitCast(di16, field), hn::Set(di16, 127));
    const auto above_lowest = hn::Sub(field, hn::Set(d16, 127 + PanelFormat::kLowest));
    const auto far = hn::Gt(above_lowest, hn::Set(d16, kHighest - PanelFormat::kLowest));
    unfit = hn::Or(unfit, hn::IfThenZeroElse(zero, hn::VecFromMask(d16, far)));
  } else {
    const auto field = hn::ShiftRight<10>(magnitude);
    exponent = hn::Sub(hn::BitCast(di16, hn::Max(field, hn::Set(d16, 1))), hn::Set(di16, 15));
    unfit = hn::Or(unfit, hn::VecFromMask(d16, hn::Eq(field, hn::Set(d16, 31))));
  }
  return hn::IfThenElse(hn::RebindMask(di16, zero), hn::Set(di16, format.zero_exponent), exponent);
}

/// Binary32 values of 16-bit codes.
template <class DF>
HWY_INLINE hn::VFromD<DF> values_of(DF df, bool bfloat16, const std::uint16_t* codes) {
  if (bfloat16) {
    const hn::RebindToUnsigned<DF> du;
    const hn::Rebind<std::uint16_t, DF> d16;
    return hn::BitCast(df, hn::ShiftLeft<16>(hn::PromoteTo(du, hn::Load(d16, codes))));
  }
  const hn::Rebind<hwy::float16_t, DF> d16;
  return hn::PromoteTo(df, hn::Load(d16, reinterpret_cast<const hwy::float16_t*>(codes)));
}

template <std::size_t kRows>
HWY_INLINE bool pack_rows(const PanelFormat& format, const std::uint16_t* codes, std::size_t stride,
                          std::size_t k, float* values, std::int8_t* exponents, std::uint8_t* unfit) {
  const hn::CappedTag<std::uint16_t, kRows> d16;
  const hn::Rebind<std::int8_t, decltype(d16)> d8;
  const hn::CappedTag<float, kRows> df;
  constexpr std::size_t kLanes16 = hn::MaxLanes(d16);
  constexpr std::size_t kLanes32 = hn::MaxLanes(df);
  alignas(64) std::uint16_t block[8 * kRows];
  hn::VFromD<decltype(d16)> outside[kRows / kLanes16];
  for (auto& lanes : outside) lanes = hn::Zero(d16);
  for (std::size_t at = 0; at < k; at += 8) {
    for (std::size_t row = 0; row < kRows; row += 8) {
      transpose_8x8(codes + row * stride + at, stride, block + row, kRows);
    }
    for (std::size_t j = 0; j < 8; ++j) {
      const std::size_t to = (at + j) * kRows;
      for (std::size_t i = 0; i < kRows / kLanes16; ++i) {
        const auto c = hn::Load(d16, block + j * kRows + i * kLanes16);
        const auto exponent = exponents_of<PanelFormat::kHighestLane>(d16, format, c, outside[i]);
        hn::Store(hn::DemoteTo(d8, exponent), d8, exponents + to + i * kLanes16);
      }
      for (std::size_t i = 0; i < kRows; i += kLanes32) {
        hn::Store(values_of(df, format.bfloat16, block + j * kRows + i), df, values + to + i);
      }
    }
  }
  bool any = false;
  for (std::size_t i = 0; i < kRows / kLanes16; ++i) {
    any |= !hn::AllTrue(d16, hn::Eq(outside[i], hn::Zero(d16)));
    hn::Store(outside[i], d16, block + i * kLanes16);
  }
  for (std::size_t row = 0; row < kRows; ++row) unfit[row] = block[row] != 0;
  return any;
}

/// The walk of one panel along k for kGroup broadcast rows at once, which share the panel's loads and hide
/// each other's latency: see the header for the three parts.
template <std::size_t kRows, std::size_t kGroup, std::size_t kStep>
HWY_INLINE bool run_steps(const PanelFormat& format, int grid_bits, const float* values,
                          const std::int8_t* exponents, const BroadcastRows& broadcast, std::size_t k,
                          float* state) {
  const hn::CappedTag<std::int8_t, kRows> d8;
  const hn::Repartition<std::int32_t, decltype(d8)> d8_words;
  const hn::CappedTag<float, kRows> df;
  const hn::RebindToSigned<decltype(df)> di;
  const hn::RebindToUnsigned<decltype(df)> du;
  const hn::Rebind<std::int8_t, decltype(df)> d8_part;
  using VI = hn::VFromD<decltype(di)>;
  const int smallest_top = format.smallest_top();
  const auto smallest_c = static_cast<std::uint32_t>(127 + smallest_top) << 23;
  constexpr std::size_t kLanes = hn::MaxLanes(df);
  constexpr std::size_t kVectors = kRows / kLanes;
  const auto sign_mask = hn::Set(di, std::numeric_limits<std::int32_t>::min());
  const auto magnitude_mask = hn::Set(du, 0x7FFFFFFFu);
  alignas(64) std::int8_t tops[kGroup * kRows];
  VI c[kGroup][kVectors];
  VI overflow[kGroup][kVectors];  // sign bit set where two half sums overflowed
  auto outside = hn::Zero(du);    // a nonzero lane where C or D left the domain
  for (std::size_t g = 0; g < kGroup; ++g) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      c[g][v] = hn::BitCast(di, hn::Load(df, state + g * kRows + v * kLanes));
      overflow[g][v] = hn::Zero(di);
      const auto magnitude = hn::And(hn::BitCast(du, c[g][v]), magnitude_mask);
      const auto ordinary =
          hn::Lt(hn::Sub(magnitude, hn::Set(du, smallest_c)), hn::Set(du, kBeyondC - smallest_c));
      const auto inside = hn::Or(ordinary, hn::Eq(magnitude, hn::Zero(du)));
      outside = hn::Or(outside, hn::VecFromMask(du, hn::Not(inside)));
    }
  }

  for (std::size_t at = 0; at < k; at += kStep) {
    for (std::size_t g = 0; g < kGroup; ++g) {
      const std::int32_t* words = broadcast.exponents + g * broadcast.stride + at;
      auto top8 = hn::Set(d8, static_cast<std::int8_t>(smallest_top));
      for (std::size_t j = 0; j < kStep; ++j) {
        const auto exponent = hn::Load(d8, exponents + (at + j) * kRows);
        top8 = hn::Max(top8, hn::SaturatedAdd(exponent, hn::BitCast(d8, hn::Set(d8_words, words[j]))));
      }
      hn::Store(top8, d8, tops + g * kRows);
    }
    for (std::size_t v = 0; v < kVectors; ++v) {
      hn::VFromD<decltype(df)> scale[kGroup], unit[kGroup];  // 2^(F-E) counts grid units, 2^(E-F) is one
      VI sum[kGroup], half_sum[kGroup];
      for (std::size_t g = 0; g < kGroup; ++g) {
        const auto products_top = hn::PromoteTo(di, hn::Load(d8_part, tops + g * kRows + v * kLanes));
        const auto c_field = hn::BitCast(di, hn::ShiftRight<24>(hn::ShiftLeft<1>(hn::BitCast(du, c[g][v]))));
        const auto top = hn::Max(products_top, hn::Sub(c_field, hn::Set(di, 127)));
        const auto scale_bits = hn::ShiftLeft<23>(hn::Sub(hn::Set(di, 127 + grid_bits), top));
        scale[g] = hn::BitCast(df, scale_bits);
        unit[g] = hn::BitCast(df, hn::Sub(hn::Set(di, 254 << 23), scale_bits));
        sum[g] = truncate(di, hn::Mul(hn::BitCast(df, c[g][v]), scale[g]));
        half_sum[g] = hn::Zero(di);
      }
      for (std::size_t j = 0; j < kStep; ++j) {
        const auto w = hn::Load(df, values + (at + j) * kRows + v * kLanes);
        for (std::size_t g = 0; g < kGroup; ++g) {
          const auto x = hn::Set(df, broadcast.values[g * broadcast.stride + at + j]);
          auto& part = j < kStep / 2 ? sum[g] : half_sum[g];
          part = hn::Add(part, truncate(di, hn::Mul(hn::Mul(w, scale[g]), x)));
        }
      }
      for (std::size_t g = 0; g < kGroup; ++g) {
        const auto total = hn::Add(sum[g], half_sum[g]);
        if constexpr (kStep == 16) {
          const auto flipped = hn::AndNot(hn::Xor(sum[g], half_sum[g]), hn::Xor(sum[g], total));
          overflow[g][v] = hn::Or(overflow[g][v], flipped);
        }
        // Toward zero to 24 bits: clearing the first digit below them keeps the conversion from rounding up.
        const auto magnitude = hn::Abs(total);
        const auto below = hn::BitCast(di, hn::ShiftRight<24>(hn::BitCast(du, magnitude)));
        const auto d = hn::Mul(hn::ConvertTo(df, hn::AndNot(below, magnitude)), unit[g]);
        c[g][v] = hn::Or(hn::BitCast(di, d), hn::And(total, sign_mask));
      }
    }
  }

  for (std::size_t g = 0; g < kGroup; ++g) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      c[g][v] = hn::Or(c[g][v], hn::BroadcastSignBit(overflow[g][v]));  // NaN
      const auto magnitude = hn::And(hn::BitCast(du, c[g][v]), magnitude_mask);
      outside = hn::Or(outside, hn::VecFromMask(du, hn::Gt(magnitude, hn::Set(du, kBeyondC - 1))));
      hn::Store(hn::BitCast(df, c[g][v]), df, state + g * kRows + v * kLanes);
    }
  }
  return hn::AllTrue(du, hn::Eq(outside, hn::Zero(du)));
}

/// All rows, kGroup at a time and the rest one by one.
template <std::size_t kRows, std::size_t kGroup, std::size_t kStep>
bool run_rows(const PanelFormat& format, int grid_bits, const float* values, const std::int8_t* exponents,
              BroadcastRows broadcast, std::size_t k, float* state) {
  bool inside = true;
  const auto advance = [&](std::size_t rows) {
    broadcast.values += rows * broadcast.stride;
    broadcast.exponents += rows * broadcast.stride;
    broadcast.count -= rows;
    state += rows * kRows;
  };
  while (broadcast.count >= kGroup) {
    inside &= run_steps<kRows, kGroup, kStep>(format, grid_bits, values, exponents, broadcast, k, state);
    advance(kGroup);
  }
  while (broadcast.count > 0) {
    inside &= run_steps<kRows, 1, kStep>(format, grid_bits, values, exponents, broadcast, k, state);
    advance(1);
  }
  return inside;
}

template <std::size_t kRows, std::size_t kGroup>
bool run_stepwise(const PanelFormat& format, int step, int grid_bits, const float* values,
                  const std::int8_t* exponents, const BroadcastRows& broadcast, std::size_t k, float* state) {
  switch (step) {
    case 4:
      return run_rows<kRows, kGroup, 4>(format, grid_bits, values, exponents, broadcast, k, state);
    case 8:
      return run_rows<kRows, kGroup, 8>(format, grid_bits, values, exponents, broadcast, k, state);
    case 16:
      return run_rows<kRows, kGroup, 16>(format, grid_bits, values, exponents, broadcast, k, state);
    default:
      return false;
  }
}

bool pack(bool narrow, const PanelFormat& format, const std::uint16_t* codes, std::size_t stride,
          std::size_t k, float* values, std::int8_t* exponents, std::uint8_t* unfit) {
  return narrow ? pack_rows<kNarrowPanelRows>(format, codes, stride, k, values, exponents, unfit)
                : pack_rows<kWideRows>(format, codes, stride, k, values, exponents, unfit);
}

bool spread(const PanelFormat& format, const std::uint16_t* codes, std::size_t k, float* values,
            std::int32_t* exponents) {
  const hn::FixedTag<std::uint16_t, 8> d16;
  const hn::CappedTag<float, 8> df;
  const hn::Rebind<std::int16_t, decltype(df)> d16_part;
  const hn::RebindToSigned<decltype(df)> di;
  alignas(64) std::uint16_t block[8];
  alignas(64) std::int16_t block_exponents[8];
  auto outside = hn::Zero(d16);
  for (std::size_t at = 0; at < k; at += 8) {
    const auto c = hn::LoadU(d16, codes + at);
    hn::Store(c, d16, block);
    const auto exponent = exponents_of<PanelFormat::kHighestBroadcast>(d16, format, c, outside);
    hn::Store(exponent, hn::RebindToSigned<decltype(d16)>(), block_exponents);
    for (std::size_t i = 0; i < 8; i += hn::MaxLanes(df)) {
      hn::Store(values_of(df, format.bfloat16, block + i), df, values + at + i);
      // The low byte, in all four bytes of the word.
      const auto byte =
          hn::And(hn::PromoteTo(di, hn::Load(d16_part, block_exponents + i)), hn::Set(di, 0xFF));
      const auto twice = hn::Or(byte, hn::ShiftLeft<8>(byte));
      hn::Store(hn::Or(twice, hn::ShiftLeft<16>(twice)), di, exponents + at + i);
    }
  }
  return !hn::AllTrue(d16, hn::Eq(outside, hn::Zero(d16)));
}

bool run(bool narrow, const PanelFormat& format, int step, int grid_bits, const float* values,
         const std::int8_t* exponents, const BroadcastRows& broadcast, std::size_t k, float* state) {
  return narrow ? run_stepwise<kNarrowPanelRows, kNarrowGroup>(format, step, grid_bits, values, exponents,
                                                               broadcast, k, state)
                : run_stepwise<kWideRows, kWideGroup>(format, step, grid_bits, values, exponents, broadcast,
                                                      k, state);
}

}  // namespace

const PanelKernel* kernel_of_target() {
  static constexpr PanelKernel kKernel{kWideRows, pack, spread, run};
  return &kKernel;
}

#endif
}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::emu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fp6sim::emu {

HWY_EXPORT(kernel_of_target);

const PanelKernel* panel_kernel() {
  return HWY_DYNAMIC_DISPATCH(kernel_of_target)();
}

}  // namespace fp6sim::emu
#endif  // HWY_ONCE
