// The hot paths of six-bit floating-point weights in linear order, at memory speed: encode and pack, quantise
// and pack, unpack and dequantise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "emu/format.h"
#include "emu/packing/split.h"

namespace fp6sim::emu {

/// What became of a call. Anything but kDone: nothing useful is in the outputs (they may be partly written).
enum class StreamStatus : std::uint8_t {
  kDone,
  kFormat,  ///< the format is not E3M2 or E2M3
  kSplit,   ///< the split is not 4+2 or 4+2-byte
  kSizes,   ///< a span has not exactly the size the contract gives
  kGroup,   ///< the group is 0, does not divide the weights, or is no multiple of 16 (unless it is all of
            ///< them)
  kNonFiniteWeight,  ///< an infinity or NaN among the weights of quantize_and_pack_fp6
  kNonFiniteScale,   ///< an infinity or NaN among the scales
};
std::string_view describe(StreamStatus status);

/// All three run on the caller's thread, neither throw nor allocate, take spans of any alignment, and give
/// the same bits on every machine: Highway picks AVX-512 (VBMI), AVX-512, AVX2, SSE4, NEON .. at run time,
/// and without Highway a scalar reference runs. `format` is kE3M2 or kE2M3; `split` 4+2 or 4+2-byte; `wide`
/// and `narrow` have linear_size(split, weights) words and the layout of pack_linear().

/// codes[i] = encode(format, weights[i]) (RNE, saturating, NaN to +largest), packed. Any number of weights.
[[nodiscard]] StreamStatus encode_and_pack_fp6(const FloatFormat& format, Split split,
                                               std::span<const float> weights, std::span<std::uint32_t> wide,
                                               std::span<std::uint32_t> narrow) noexcept;

/// Per group of `group` consecutive weights: the binary16 scale of choose_scale() under its default rule
/// (maximum), codes as quantize_one() under RNE, packed. scales[g] are binary16 bits; scales.size() * group
/// == weights.size().
[[nodiscard]] StreamStatus quantize_and_pack_fp6(const FloatFormat& format, Split split,
                                                 std::span<const float> weights, std::size_t group,
                                                 std::span<std::uint32_t> wide,
                                                 std::span<std::uint32_t> narrow,
                                                 std::span<std::uint16_t> scales) noexcept;

/// out[i] = RN16(value of code i * scales[i / group]) as binary16 bits, overflow to infinity; scales are
/// finite binary16 bits and scales.size() * group == out.size(). Outputs beyond what caches hold are written
/// past them where aligned.
[[nodiscard]] StreamStatus dequantize_fp6(const FloatFormat& format, Split split,
                                          std::span<const std::uint32_t> wide,
                                          std::span<const std::uint32_t> narrow,
                                          std::span<const std::uint16_t> scales, std::size_t group,
                                          std::span<std::uint16_t> out) noexcept;

}  // namespace fp6sim::emu
