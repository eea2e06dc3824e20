// The reference: one weight at a time, by the definitions in encode.h, decode.h and packing/split.h.
#include <algorithm>
#include <bit>

#include "emu/binary16.h"
#include "emu/quantize.h"
#include "emu/simd/fp6_parts.h"

namespace fp6sim::emu {

float scale_of_magnitude(const FloatFormat& format, std::uint32_t magnitude_bits) {
  if (magnitude_bits == 0) return 1.0f;
  const float largest = decode(format, format.largest_code());
  return stored_scale(std::bit_cast<float>(magnitude_bits) / largest, ScaleStorage::kBinary16);
}

namespace scalar {

void encode(const FloatFormat& format, Split split, const float* weights, std::size_t count, float divisor,
            PackedRun out) {
  for (std::size_t begin = 0; begin < count; begin += 16) {
    std::uint32_t wide[2] = {0, 0};
    std::uint32_t narrow = 0;
    const std::size_t here = std::min<std::size_t>(16, count - begin);
    for (std::size_t i = 0; i < here; ++i) {
      const std::uint32_t code = emu::encode(format, weights[begin + i] / divisor);
      wide[i / 8] |= wide_word_bits(split, static_cast<int>(i % 8), code);
      narrow |= narrow_word_bits(split, static_cast<int>(i), code);
    }
    out.wide[begin / 8] = wide[0];
    if (here > 8) out.wide[begin / 8 + 1] = wide[1];
    out.narrow[begin / 16] = narrow;
  }
}

StreamStatus quantize(const FloatFormat& format, Split split, const float* weights, Groups shape,
                      PackedRun out, std::uint16_t* scales) {
  for (std::size_t g = 0; g < shape.groups; ++g) {
    const float* const group = weights + g * shape.group;
    std::uint32_t largest = 0;  // as integers NaN lies above infinity above everything finite
    for (std::size_t i = 0; i < shape.group; ++i) {
      largest = std::max(largest, std::bit_cast<std::uint32_t>(group[i]) & 0x7FFFFFFFu);
    }
    if (largest >= kBinary32Infinity) return StreamStatus::kNonFiniteWeight;
    const float scale = scale_of_magnitude(format, largest);
    scales[g] = to_binary16(scale);
    encode(format, split, group, shape.group, scale, out.at(g * shape.group));
  }
  return StreamStatus::kDone;
}

void dequantize_run(const FloatFormat& format, Split split, ConstPackedRun in, std::size_t count, float scale,
                    std::uint16_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t code = code_from_words(split, in.wide[i / 8], static_cast<int>(i % 8),
                                               in.narrow[i / 16], static_cast<int>(i % 16));
    out[i] = to_binary16(decode(format, code) * scale);  // 4 + 11 significant bits: the product is exact
  }
}

void dequantize(const FloatFormat& format, Split split, ConstPackedRun in, const std::uint16_t* scales,
                Groups shape, std::uint16_t* out) {
  for (std::size_t g = 0; g < shape.groups; ++g) {
    const std::size_t at = g * shape.group;
    dequantize_run(format, split, in.at(at), shape.group, from_binary16(scales[g]), out + at);
  }
}

}  // namespace scalar
}  // namespace fp6sim::emu
