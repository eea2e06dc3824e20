#include "emu/fp6_stream.h"

#include <algorithm>

#include "emu/packing/linear.h"
#include "emu/simd/fp6_parts.h"

namespace fp6sim::emu {
namespace {

#ifdef FP6SIM_HIGHWAY
namespace implementation = simd;
#else
namespace implementation = scalar;
#endif

StreamStatus check(const FloatFormat& format, Split split, std::size_t weights, std::size_t wide,
                   std::size_t narrow) {
  if (!(format == kE3M2) && !(format == kE2M3)) return StreamStatus::kFormat;
  if (split != Split::k4Plus2 && split != Split::k4Plus2Byte) return StreamStatus::kSplit;
  if (linear_size(split, weights) != LinearSize{wide, narrow}) return StreamStatus::kSizes;
  return StreamStatus::kDone;
}

StreamStatus check_groups(std::size_t weights, std::size_t group, std::size_t scales) {
  if (group == 0 || weights % group != 0 || (group % 16 != 0 && group != weights)) {
    return weights == 0 && scales == 0 ? StreamStatus::kDone : StreamStatus::kGroup;
  }
  return weights / group == scales ? StreamStatus::kDone : StreamStatus::kSizes;
}

}  // namespace

std::string_view describe(StreamStatus status) {
  switch (status) {
    case StreamStatus::kDone:
      return "done";
    case StreamStatus::kFormat:
      return "the format is not e3m2 or e2m3";
    case StreamStatus::kSplit:
      return "the split is not 4+2 or 4+2-byte";
    case StreamStatus::kSizes:
      return "a buffer's size does not match the number of weights";
    case StreamStatus::kGroup:
      return "the group does not divide the weights into multiples of 16";
    case StreamStatus::kNonFiniteWeight:
      return "a weight is infinite or NaN";
    case StreamStatus::kNonFiniteScale:
      return "a scale is infinite or NaN";
  }
  return "unknown status";
}

StreamStatus encode_and_pack_fp6(const FloatFormat& format, Split split, std::span<const float> weights,
                                 std::span<std::uint32_t> wide, std::span<std::uint32_t> narrow) noexcept {
  const StreamStatus status = check(format, split, weights.size(), wide.size(), narrow.size());
  if (status != StreamStatus::kDone || weights.empty()) return status;
  const PackedRun out{wide.data(), narrow.data()};
#ifdef FP6SIM_HIGHWAY
  simd::encode(format, split, weights.data(), weights.size(), out);
#else
  scalar::encode(format, split, weights.data(), weights.size(), 1.0f, out);
#endif
  return StreamStatus::kDone;
}

StreamStatus quantize_and_pack_fp6(const FloatFormat& format, Split split, std::span<const float> weights,
                                   std::size_t group, std::span<std::uint32_t> wide,
                                   std::span<std::uint32_t> narrow,
                                   std::span<std::uint16_t> scales) noexcept {
  StreamStatus status = check(format, split, weights.size(), wide.size(), narrow.size());
  if (status == StreamStatus::kDone) status = check_groups(weights.size(), group, scales.size());
  if (status != StreamStatus::kDone) return status;
  return implementation::quantize(format, split, weights.data(), {scales.size(), group},
                                  {wide.data(), narrow.data()}, scales.data());
}

StreamStatus dequantize_fp6(const FloatFormat& format, Split split, std::span<const std::uint32_t> wide,
                            std::span<const std::uint32_t> narrow, std::span<const std::uint16_t> scales,
                            std::size_t group, std::span<std::uint16_t> out) noexcept {
  StreamStatus status = check(format, split, out.size(), wide.size(), narrow.size());
  if (status == StreamStatus::kDone) status = check_groups(out.size(), group, scales.size());
  if (status != StreamStatus::kDone) return status;
  const bool finite =
      std::all_of(scales.begin(), scales.end(), [](std::uint16_t s) { return (s & 0x7C00) != 0x7C00; });
  if (!finite) return StreamStatus::kNonFiniteScale;
  implementation::dequantize(format, split, {wide.data(), narrow.data()}, scales.data(),
                             {scales.size(), group}, out.data());
  return StreamStatus::kDone;
}

}  // namespace fp6sim::emu
