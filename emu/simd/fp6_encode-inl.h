// Vectors of binary32 -> six-bit codes (RNE) -> packed words. Included once for each SIMD target.
#if defined(FP6SIM_EMU_SIMD_FP6_ENCODE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FP6SIM_EMU_SIMD_FP6_ENCODE_INL_H_
#undef FP6SIM_EMU_SIMD_FP6_ENCODE_INL_H_
#else
#define FP6SIM_EMU_SIMD_FP6_ENCODE_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "emu/simd/fp6_parts.h"

HWY_BEFORE_NAMESPACE();
namespace fp6sim::emu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct E3M2 {
  static constexpr int kMantissaBits = 2;
  static constexpr int kMinExponent = -2;
  static constexpr std::uint32_t kLargest = 0x41E00000;  // 28.0f
};
struct E2M3 {
  static constexpr int kMantissaBits = 3;
  static constexpr int kMinExponent = 0;
  static constexpr std::uint32_t kLargest = 0x40F00000;  // 7.5f
};

/// RNE of non-negative binary32 `magnitude` to codes of kMantissaBits; the caller has clamped what would
/// overflow.
///
/// Adding 2^23 units in the last place of the target makes the adder round there: the sum's low bits count
/// units. Below the smallest normal that unit stops shrinking, hence the maximum. The hidden bit in the count
/// carries into the exponent field below it, as in encode.h.
template <int kMantissaBits, int kMinExponent, class D, class V = hn::Vec<D>>
HWY_INLINE V RoundMagnitude(D d, V magnitude) {
  const hn::RebindToFloat<D> df;
  constexpr int kShift = 23 - kMantissaBits;
  const V smallest_normal = hn::Set(d, static_cast<std::uint32_t>(kMinExponent + 127) << 23);
  const V exponent = hn::And(hn::Max(magnitude, smallest_normal), hn::Set(d, 0x7F800000u));
  const V unit = hn::Add(exponent, hn::Set(d, static_cast<std::uint32_t>(kShift) << 23));
  const V sum = hn::BitCast(d, hn::Add(hn::BitCast(df, magnitude), hn::BitCast(df, unit)));
  return hn::Add(hn::Sub(sum, unit), hn::ShiftRight<kShift>(hn::Sub(exponent, smallest_normal)));
}

template <class Format, class D, class V = hn::Vec<D>>
HWY_INLINE V EncodeLanes(D d, hn::Vec<hn::RebindToFloat<D>> x) {
  const hn::RebindToSigned<D> di;
  const V bits = hn::BitCast(d, x);
  const V magnitude = hn::And(bits, hn::Set(d, 0x7FFFFFFFu));
  const V sign = hn::And(hn::ShiftRight<26>(bits), hn::Set(d, 0x20u));
  const auto nan = hn::RebindMask(
      d, hn::Gt(hn::BitCast(di, magnitude), hn::Set(di, static_cast<std::int32_t>(0x7F800000))));
  // As integers NaN and infinity lie above every finite value: one minimum saturates them all.
  const V code = RoundMagnitude<Format::kMantissaBits, Format::kMinExponent>(
      d, hn::Min(magnitude, hn::Set(d, Format::kLargest)));
  return hn::Or(code, hn::IfThenZeroElse(nan, sign));
}

/// Lane orders of a vector of kLanes dwords, known when compiling (scalable targets are switched off in
/// fp6_simd.cpp).
template <std::size_t kLanes>
struct LaneOrders {
  static constexpr std::size_t kBlocks = kLanes / 4;
  alignas(64) std::int32_t codes[kLanes] = {};   // see CodesInOrder
  alignas(64) std::int32_t packed[kLanes] = {};  // see StorePacked
  constexpr LaneOrders() {
    for (std::size_t p = 0; p < kLanes; ++p) {
      codes[p] = static_cast<std::int32_t>(p % kBlocks * 4 + p / kBlocks);
      const bool wide = p < 2 * kBlocks;
      packed[p] = static_cast<std::int32_t>(wide ? 4 * (p / 2) + 2 * (p % 2) : 4 * (p % kBlocks) + 1);
    }
  }
};
template <std::size_t kLanes>
inline constexpr LaneOrders<kLanes> kLaneOrders{};

/// Four vectors of L codes each, consecutive in memory, to one vector whose bytes are those 4 L codes in
/// order.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V CodesInOrder(D d, V v0, V v1, V v2, V v3) {
  const hn::Repartition<std::uint8_t, D> d8;
  // Byte r of dword l is code r * L + l. Transpose the 4 x 4 bytes of every block, then put the dwords in
  // order.
  const V mixed =
      hn::Or(hn::Or(v0, hn::ShiftLeft<8>(v1)), hn::Or(hn::ShiftLeft<16>(v2), hn::ShiftLeft<24>(v3)));
  alignas(16) static constexpr std::uint8_t kTranspose[16] = {0, 4, 8,  12, 1, 5, 9,  13,
                                                              2, 6, 10, 14, 3, 7, 11, 15};
  const V dwords =
      hn::BitCast(d, hn::TableLookupBytes(hn::BitCast(d8, mixed), hn::LoadDup128(d8, kTranspose)));
  return hn::TableLookupLanes(dwords, hn::SetTableIndices(d, kLaneOrders<hn::MaxLanes(D())>.codes));
}

/// Packs codes in order (four in a dword). In every block of four dwords: {wide word, narrow word, wide word,
/// unused}.
template <Split kSplit, class D, class V = hn::Vec<D>>
HWY_INLINE V PackBlocks(D d, V codes) {
  const hn::Repartition<std::uint8_t, D> d8;
  const hn::Repartition<std::uint64_t, D> d64;
  if constexpr (kSplit == Split::k4Plus2) {
    const V fours = hn::And(hn::ShiftRight<2>(codes), hn::Set(d, 0x0F0F0F0Fu));
    const V wide = hn::Or(fours, hn::ShiftRight<4>(fours));  // bytes 0 and 2 hold two fields each
    const V twos = hn::And(codes, hn::Set(d, 0x03030303u));
    const V pairs = hn::Or(twos, hn::ShiftRight<6>(twos));
    const V narrow = hn::ShiftLeft<8>(hn::Or(pairs, hn::ShiftRight<12>(pairs)));  // byte 1: four fields
    const V both = hn::Or(hn::And(wide, hn::Set(d, 0x00FF00FFu)), hn::And(narrow, hn::Set(d, 0x0000FF00u)));
    alignas(16) static constexpr std::uint8_t kGather[16] = {0, 2,  4,  6,  1, 5, 9, 13,
                                                             8, 10, 12, 14, 1, 5, 9, 13};
    return hn::BitCast(d, hn::TableLookupBytes(hn::BitCast(d8, both), hn::LoadDup128(d8, kGather)));
  } else {
    static_assert(kSplit == Split::k4Plus2Byte);
    const V sign = hn::ShiftLeft<2>(hn::And(codes, hn::Set(d, 0x20202020u)));
    const V bytes = hn::Or(sign, hn::And(codes, hn::Set(d, 0x1F1F1F1Fu)));
    const V fours = hn::And(bytes, hn::Set(d, kByteReadyWideMask));
    const V twos = hn::And(bytes, hn::Set(d, kByteReadyNarrowMask));
    // Rotations left by 2 * (lane % 2) and by 2 * (lane % 4), then OR over two and over four lanes.
    V wide = hn::OddEven(hn::RotateRight<30>(fours), fours);
    wide = hn::Or(wide, hn::Shuffle2301(wide));
    V narrow = hn::OddEven(hn::RotateRight<30>(twos), twos);
    narrow =
        hn::BitCast(d, hn::OddEven(hn::BitCast(d64, hn::RotateRight<28>(narrow)), hn::BitCast(d64, narrow)));
    narrow = hn::Or(narrow, hn::Shuffle2301(narrow));
    narrow = hn::Or(narrow, hn::Shuffle1032(narrow));
    return hn::OddEven(narrow, wide);
  }
}

template <class D>
HWY_INLINE void StorePacked(D d, hn::Vec<D> blocks, PackedRun out) {
  const hn::Half<D> half;
  const hn::Half<decltype(half)> quarter;
  const auto sorted =
      hn::TableLookupLanes(blocks, hn::SetTableIndices(d, kLaneOrders<hn::MaxLanes(D())>.packed));
  hn::StoreU(hn::LowerHalf(half, sorted), half, out.wide);
  hn::StoreU(hn::LowerHalf(quarter, hn::UpperHalf(half, sorted)), quarter, out.narrow);
}

/// Weights of memory-sized arrays are asked for this early: the hardware's own prefetching stops at every
/// page.
constexpr std::size_t kPrefetchAhead = 2048;

/// Encodes and packs whole steps of 4 * Lanes(d) weights from `done` on; returns where it stopped.
template <class Format, Split kSplit, bool kDivide, class D>
HWY_INLINE std::size_t EncodeSteps(D d, const float* HWY_RESTRICT weights, std::size_t done,
                                   std::size_t count, float divisor, PackedRun out) {
  const hn::RebindToFloat<D> df;
  const std::size_t lanes = hn::Lanes(d);
  const auto by = hn::Set(df, divisor);
  const auto encode = [&](const float* from) HWY_ATTR {
    const auto x = hn::LoadU(df, from);
    if constexpr (kDivide)
      return EncodeLanes<Format>(d, hn::Div(x, by));
    else
      return EncodeLanes<Format>(d, x);
  };
  for (; done + 4 * lanes <= count; done += 4 * lanes) {
    const float* const from = weights + done;
    for (std::size_t line = 0; line < 4 * lanes; line += 16) hwy::Prefetch(from + kPrefetchAhead + line);
    const auto codes = CodesInOrder(d, encode(from), encode(from + lanes), encode(from + 2 * lanes),
                                    encode(from + 3 * lanes));
    StorePacked(d, PackBlocks<kSplit>(d, codes), out.at(done));
  }
  return done;
}

template <class Format, Split kSplit, bool kDivide>
HWY_INLINE void EncodeRun(const FloatFormat& format, const float* HWY_RESTRICT weights, std::size_t count,
                          float divisor, PackedRun out) {
  const hn::CappedTag<std::uint32_t, 16> widest;
  const hn::CappedTag<std::uint32_t, 4> block;
  std::size_t done = EncodeSteps<Format, kSplit, kDivide>(widest, weights, 0, count, divisor, out);
  done = EncodeSteps<Format, kSplit, kDivide>(block, weights, done, count, divisor, out);
  if (done < count) scalar::encode(format, kSplit, weights + done, count - done, divisor, out.at(done));
}

/// Largest magnitude's bits; as integers NaN lies above infinity above everything finite.
HWY_INLINE std::uint32_t LargestMagnitude(const float* HWY_RESTRICT weights, std::size_t count) {
  const hn::CappedTag<std::uint32_t, 16> d;
  const hn::RebindToFloat<decltype(d)> df;
  const auto mask = hn::Set(d, 0x7FFFFFFFu);
  const std::size_t lanes = hn::Lanes(d);
  const auto bits = [&](std::size_t at)
                        HWY_ATTR { return hn::And(hn::BitCast(d, hn::LoadU(df, weights + at)), mask); };
  auto first = hn::Zero(d);
  auto second = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    if (count > kPrefetchAhead) {  // smaller groups were fetched while those before them were encoded
      for (std::size_t line = 0; line < 2 * lanes; line += 16)
        hwy::Prefetch(weights + i + kPrefetchAhead + line);
    }
    first = hn::Max(first, bits(i));
    second = hn::Max(second, bits(i + lanes));
  }
  std::uint32_t largest = hn::GetLane(hn::MaxOfLanes(d, hn::Max(first, second)));
  for (; i < count; ++i) largest = HWY_MAX(largest, std::bit_cast<std::uint32_t>(weights[i]) & 0x7FFFFFFFu);
  return largest;
}

constexpr std::size_t kMostScales = 16;

/// scale_of_magnitude() of `count` (at most kMostScales) finite magnitudes' bits: the binary32 scales and
/// their binary16 bits.
HWY_INLINE void ScalesOf(float largest_value, const std::uint32_t* HWY_RESTRICT magnitudes, std::size_t count,
                         float* HWY_RESTRICT scales, std::uint16_t* HWY_RESTRICT binary16) {
  const hn::CappedTag<std::uint32_t, kMostScales> d;
  const hn::RebindToFloat<decltype(d)> df;
  alignas(64) std::uint32_t halves[kMostScales];
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto magnitude = hn::Load(d, magnitudes + i);
    const auto exact = hn::Div(hn::BitCast(df, magnitude), hn::Set(df, largest_value));
    // From 2^-24 to 65504: in between every sum of RoundMagnitude's trick is the rounded scale itself.
    auto scale = hn::Min(hn::Max(exact, hn::Set(df, 0x1p-24f)), hn::Set(df, 65504.0f));
    scale = hn::IfThenElse(hn::Eq(hn::BitCast(df, magnitude), hn::Zero(df)), hn::Set(df, 1.0f), scale);
    const auto half = RoundMagnitude<10, -14>(d, hn::BitCast(d, scale));
    hn::Store(half, d, halves + i);
  }
  for (std::size_t i = 0; i < count; ++i) {
    binary16[i] = static_cast<std::uint16_t>(halves[i]);
    scales[i] = from_binary16(binary16[i]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::emu
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
