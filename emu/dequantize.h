// Codes -> binary16, bfloat16 or binary32: by value, and step by step as a GPU does it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "emu/binary16.h"
#include "emu/format.h"
#include "emu/quantize.h"

namespace fp6sim::emu {

/// Rounds to binary16 once (RNE, overflow to infinity), from a double. The double passes through a binary32
/// rounded to odd, which keeps what the second rounding needs (24 >= 11 + 2 bits).
std::uint16_t round_to_binary16(double x);
std::uint16_t round_to_bfloat16(double x);

/// The value path. RN16(value * scale): one rounding whatever the scale's storage; overflow gives infinity.
inline std::uint16_t dequantize_binary16(float value, float scale) {
  return round_to_binary16(static_cast<double>(value) * static_cast<double>(scale));
}
inline std::uint16_t dequantize_bfloat16(float value, float scale) {
  return round_to_bfloat16(static_cast<double>(value) * static_cast<double>(scale));
}
/// RN32(value * scale): exact for binary16 and power-of-two scales.
inline float dequantize_binary32(float value, float scale) {
  return value * scale;
}

/// A whole matrix, row-major [rows, columns], on several threads. `out` must have rows * columns elements,
/// else fp6sim::Error.
void dequantize_to_binary16(const QuantizedMatrix& matrix, std::span<std::uint16_t> out);
void dequantize_to_bfloat16(const QuantizedMatrix& matrix, std::span<std::uint16_t> out);
void dequantize_to_binary32(const QuantizedMatrix& matrix, std::span<float> out);

// The GPU's path: move the bits, then multiply the difference of the exponent biases back in.
//
//   E3M2          s e e e m m                     value * 2^-12 once the bits sit in a binary16:
//   binary16      s 0 0 e e e m m 0 0 0 0 0 0 0 0

/// Exponent of the power of two that bits moved into binary16 (bias 15) or bfloat16 (bias 127) are short of:
/// 12 and 124 for E3M2.
constexpr int bias_shift(const FloatFormat& format, const FloatFormat& target) {
  return target.bias - format.bias;
}

/// The code's bits under `target`'s fields: value * 2^-bias_shift, subnormals included. Exact for every
/// finite code of a format whose exponent and mantissa are no wider than the target's.
constexpr std::uint16_t shift_into(const FloatFormat& format, const FloatFormat& target, std::uint32_t code) {
  const std::uint32_t sign = (code & format.sign_mask()) != 0 ? target.sign_mask() : 0;
  return static_cast<std::uint16_t>(sign | (code & format.magnitude_mask())
                                               << (target.mantissa_bits - format.mantissa_bits));
}

/// Where a kernel multiplies by 2^bias_shift.
enum class BiasShift : std::uint8_t {
  kInKernel,  ///< hmul(hmul(x, 2^12), scale): the first product exact, one rounding in the second
  kMerged,    ///< hmul(x, scale * 2^12), the product made offline: the same bits while scale * 2^12 does not
              ///< overflow
  kDeferred,  ///< not at all: the weight stays x, and the epilogue multiplies by scale * 2^12 in binary32
};

/// The FP16 weight a kernel gives its mma, from a binary16 scale, each rounding where the hardware rounds.
constexpr std::uint16_t gpu_dequantize_binary16(const FloatFormat& format, std::uint32_t code,
                                                std::uint16_t scale, BiasShift where) {
  const std::uint16_t shifted = shift_into(format, kFp16, code);
  const auto power =
      static_cast<std::uint16_t>((kFp16.bias + bias_shift(format, kFp16)) << kFp16.mantissa_bits);
  switch (where) {
    case BiasShift::kInKernel:
      return multiply_binary16(multiply_binary16(shifted, power), scale);
    case BiasShift::kMerged:
      return multiply_binary16(shifted, multiply_binary16(scale, power));
    case BiasShift::kDeferred:
      break;
  }
  return shifted;
}

/// bfloat16 product, one rounding (RNE): exact in binary32 above its subnormals, so computed in double.
std::uint16_t multiply_bfloat16(std::uint16_t a, std::uint16_t b);

/// The same for bfloat16 weights and scales. kDeferred is not possible (2^124 * scale leaves binary32):
/// throws fp6sim::Error.
std::uint16_t gpu_dequantize_bfloat16(const FloatFormat& format, std::uint32_t code, std::uint16_t scale,
                                      BiasShift where);

/// What the epilogue multiplies a binary32 accumulator by under kDeferred: scale * 2^12, exact.
constexpr float deferred_factor(const FloatFormat& format, std::uint16_t scale) {
  return from_binary16(scale) * static_cast<float>(1 << bias_shift(format, kFp16));
}

}  // namespace fp6sim::emu
