// What fp6_stream.h does once its arguments are checked, twice: the scalar reference, and SIMD equal to it
// bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emu/format.h"
#include "emu/fp6_stream.h"
#include "emu/packing/split.h"

namespace fp6sim::emu {

/// Groups begin at a multiple of 16 weights, so at a whole word of both arrays.
struct PackedRun {
  std::uint32_t* wide;
  std::uint32_t* narrow;
  PackedRun at(std::size_t weight) const { return {wide + weight / 8, narrow + weight / 16}; }
};
struct ConstPackedRun {
  const std::uint32_t* wide;
  const std::uint32_t* narrow;
  ConstPackedRun at(std::size_t weight) const { return {wide + weight / 8, narrow + weight / 16}; }
};

/// `groups` groups of `group` weights each.
struct Groups {
  std::size_t groups;
  std::size_t group;
};

/// The binary16 scale whose largest magnitude has these (finite) binary32 bits; what choose_scale() stores.
float scale_of_magnitude(const FloatFormat& format, std::uint32_t magnitude_bits);

// clang-format off
namespace scalar {
void encode(const FloatFormat& format, Split split, const float* weights, std::size_t count, float divisor,
            PackedRun out);
StreamStatus quantize(const FloatFormat& format, Split split, const float* weights, Groups shape, PackedRun out,
                      std::uint16_t* scales);
void dequantize_run(const FloatFormat& format, Split split, ConstPackedRun in, std::size_t count, float scale,
                    std::uint16_t* out);
void dequantize(const FloatFormat& format, Split split, ConstPackedRun in, const std::uint16_t* scales, Groups shape,
                std::uint16_t* out);
}  // namespace scalar

#ifdef FP6SIM_HIGHWAY
namespace simd {
void encode(const FloatFormat& format, Split split, const float* weights, std::size_t count, PackedRun out);
StreamStatus quantize(const FloatFormat& format, Split split, const float* weights, Groups shape, PackedRun out,
                      std::uint16_t* scales);
void dequantize(const FloatFormat& format, Split split, ConstPackedRun in, const std::uint16_t* scales, Groups shape,
                std::uint16_t* out);
}  // namespace simd
#endif
// clang-format on

}  // namespace fp6sim::emu
