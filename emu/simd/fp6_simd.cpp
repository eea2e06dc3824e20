// The SIMD side of fp6_stream.h: compiled once for each target, dispatched at run time.
#include <algorithm>
#include <array>
#include <bit>

#include "emu/binary16.h"
#include "emu/simd/fp6_parts.h"

// Vectors whose length is known only at run time would not fit the tables of lane orders; NEON serves those
// machines.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emu/simd/fp6_simd.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#if HWY_TARGET != HWY_SCALAR  // Highway's one-lane target lacks the shuffles: there the reference runs
#include "emu/simd/fp6_dequantize-inl.h"
#include "emu/simd/fp6_encode-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace fp6sim::emu {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void EncodeAll(const FloatFormat& format, Split split, const float* weights, std::size_t count,
               PackedRun out) {
  scalar::encode(format, split, weights, count, 1.0f, out);
}
StreamStatus QuantizeAll(const FloatFormat& format, Split split, const float* weights, Groups shape,
                         PackedRun out, std::uint16_t* scales) {
  return scalar::quantize(format, split, weights, shape, out, scales);
}
void DequantizeAll(const FloatFormat& format, Split split, ConstPackedRun in, const std::uint16_t* scales,
                   Groups shape, std::uint16_t* out) {
  scalar::dequantize(format, split, in, scales, shape, out);
}

#else

// Past this the outputs are not going to be found in a cache again.
constexpr std::size_t kStreamedElements = std::size_t{4} << 20;

template <class Format, Split kSplit>
StreamStatus QuantizeGroups(const FloatFormat& format, const float* weights, Groups shape, PackedRun out,
                            std::uint16_t* scales) {
  // Several groups at a time, all in the first-level cache: the scales' arithmetic is then a vector's, and no
  // group waits for its own.
  constexpr std::size_t kWeightsAtOnce = 4096;
  const std::size_t most = std::clamp<std::size_t>(kWeightsAtOnce / shape.group, 1, kMostScales);
  const float largest_value = decode(format, format.largest_code());
  alignas(64) std::uint32_t magnitudes[kMostScales] = {};
  alignas(64) float divisors[kMostScales];
  for (std::size_t first = 0; first < shape.groups; first += most) {
    const std::size_t here = std::min(most, shape.groups - first);
    std::uint32_t largest = 0;
    for (std::size_t g = 0; g < here; ++g) {
      magnitudes[g] = LargestMagnitude(weights + (first + g) * shape.group, shape.group);
      largest = std::max(largest, magnitudes[g]);
    }
    if (largest >= kBinary32Infinity) return StreamStatus::kNonFiniteWeight;
    ScalesOf(largest_value, magnitudes, here, divisors, scales + first);
    for (std::size_t g = 0; g < here; ++g) {
      const std::size_t at = (first + g) * shape.group;
      EncodeRun<Format, kSplit, true>(format, weights + at, shape.group, divisors[g], out.at(at));
    }
  }
  return StreamStatus::kDone;
}

template <Split kSplit>
void DequantizeGroups(const FloatFormat& format, ConstPackedRun in, const std::uint16_t* scales, Groups shape,
                      std::uint16_t* out) {
  alignas(64) std::array<float, 32> magnitudes;
  for (std::uint32_t code = 0; code < 32; ++code) magnitudes[code] = decode(format, code);
  const auto address = reinterpret_cast<std::uintptr_t>(out);
  const bool streamed =
      shape.groups * shape.group >= kStreamedElements && shape.group % 32 == 0 && address % 16 == 0;
  const auto all = [&]<Stores kStores>() HWY_ATTR {
    for (std::size_t g = 0; g < shape.groups; ++g) {
      const std::size_t at = g * shape.group;
      DequantizeRun<kSplit, kStores>(format, in.at(at), magnitudes.data(), scales[g], shape.group, out + at);
    }
  };
  if (!streamed) return all.template operator()<Stores::kCached>();
  if (address % 64 == 0) {
    all.template operator()<Stores::kStreamVectors>();
  } else {
    all.template operator()<Stores::kStreamBlocks>();
  }
  hwy::FlushStream();
}

void EncodeAll(const FloatFormat& format, Split split, const float* weights, std::size_t count,
               PackedRun out) {
  const bool e3m2 = format == kE3M2;
  if (split == Split::k4Plus2) {
    if (e3m2)
      EncodeRun<E3M2, Split::k4Plus2, false>(format, weights, count, 1.0f, out);
    else
      EncodeRun<E2M3, Split::k4Plus2, false>(format, weights, count, 1.0f, out);
  } else {
    if (e3m2)
      EncodeRun<E3M2, Split::k4Plus2Byte, false>(format, weights, count, 1.0f, out);
    else
      EncodeRun<E2M3, Split::k4Plus2Byte, false>(format, weights, count, 1.0f, out);
  }
}

StreamStatus QuantizeAll(const FloatFormat& format, Split split, const float* weights, Groups shape,
                         PackedRun out, std::uint16_t* scales) {
  const bool e3m2 = format == kE3M2;
  if (split == Split::k4Plus2) {
    return e3m2 ? QuantizeGroups<E3M2, Split::k4Plus2>(format, weights, shape, out, scales)
                : QuantizeGroups<E2M3, Split::k4Plus2>(format, weights, shape, out, scales);
  }
  return e3m2 ? QuantizeGroups<E3M2, Split::k4Plus2Byte>(format, weights, shape, out, scales)
              : QuantizeGroups<E2M3, Split::k4Plus2Byte>(format, weights, shape, out, scales);
}

void DequantizeAll(const FloatFormat& format, Split split, ConstPackedRun in, const std::uint16_t* scales,
                   Groups shape, std::uint16_t* out) {
  if (split == Split::k4Plus2)
    DequantizeGroups<Split::k4Plus2>(format, in, scales, shape, out);
  else
    DequantizeGroups<Split::k4Plus2Byte>(format, in, scales, shape, out);
}

#endif  // HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::emu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fp6sim::emu {

HWY_EXPORT(EncodeAll);
HWY_EXPORT(QuantizeAll);
HWY_EXPORT(DequantizeAll);

namespace simd {

void encode(const FloatFormat& format, Split split, const float* weights, std::size_t count, PackedRun out) {
  HWY_DYNAMIC_DISPATCH(EncodeAll)(format, split, weights, count, out);
}

StreamStatus quantize(const FloatFormat& format, Split split, const float* weights, Groups shape,
                      PackedRun out, std::uint16_t* scales) {
  return HWY_DYNAMIC_DISPATCH(QuantizeAll)(format, split, weights, shape, out, scales);
}

void dequantize(const FloatFormat& format, Split split, ConstPackedRun in, const std::uint16_t* scales,
                Groups shape, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(DequantizeAll)(format, split, in, scales, shape, out);
}

}  // namespace simd
}  // namespace fp6sim::emu
#endif  // HWY_ONCE
