#include "emu/dequantize.h"

#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "emu/error.h"
#include "emu/parallel.h"

namespace fp6sim::emu {
namespace {

// Rounds to odd: toward zero, with the lowest bit set where anything was lost.
float round_to_odd(double x) {
  const auto nearest = static_cast<float>(x);
  const double back = nearest;
  if (back == x || std::isnan(x) || std::isinf(x)) return nearest;
  auto bits = std::bit_cast<std::uint32_t>(nearest);
  if (std::fabs(back) > std::fabs(x)) --bits;  // now toward zero; largest finite where RNE gave infinity
  return std::bit_cast<float>(bits | 1u);
}

template <class Element, class Convert>
void for_each_weight(const QuantizedMatrix& matrix, std::span<Element> out, Convert convert) {
  if (out.size() != matrix.codes.size()) {
    throw Error("dequantising " + std::to_string(matrix.rows) + " x " + std::to_string(matrix.columns) +
                " takes " + std::to_string(matrix.codes.size()) + " output elements, got " +
                std::to_string(out.size()));
  }
  const std::size_t group = matrix.group_columns();
  parallel_for(matrix.codes.size() / group, std::max<std::size_t>(1, 16384 / group),
               [&](std::size_t g, std::size_t end) {
                 // A code has at most 256 values and a group one scale: convert each value once where the
                 // group is longer.
                 for (; g < end; ++g) {
                   const float scale = matrix.scales.empty() ? 1.0f : matrix.scales[g];
                   const int zero = matrix.zeros.empty() ? 0 : matrix.zeros[g];
                   const auto codes = std::span(matrix.codes).subspan(g * group, group);
                   Element* const to = out.data() + g * group;
                   const std::size_t values = std::size_t{1} << matrix.spec.format.bits;
                   if (group < values) {
                     for (std::size_t i = 0; i < group; ++i)
                       to[i] = convert(code_value(matrix.spec, codes[i], zero), scale);
                     continue;
                   }
                   std::array<Element, 256> table;
                   for (std::size_t code = 0; code < values; ++code) {
                     table[code] =
                         convert(code_value(matrix.spec, static_cast<std::uint32_t>(code), zero), scale);
                   }
                   for (std::size_t i = 0; i < group; ++i) to[i] = table[codes[i]];
                 }
               });
}

}  // namespace

std::uint16_t round_to_binary16(double x) {
  return to_binary16(round_to_odd(x));
}
std::uint16_t round_to_bfloat16(double x) {
  return to_bfloat16(round_to_odd(x));
}

std::uint16_t multiply_bfloat16(std::uint16_t a, std::uint16_t b) {
  return round_to_bfloat16(static_cast<double>(from_bfloat16(a)) * static_cast<double>(from_bfloat16(b)));
}

std::uint16_t gpu_dequantize_bfloat16(const FloatFormat& format, std::uint32_t code, std::uint16_t scale,
                                      BiasShift where) {
  const std::uint16_t shifted = shift_into(format, kBf16, code);
  const std::uint16_t power = to_bfloat16(std::ldexp(1.0f, bias_shift(format, kBf16)));
  switch (where) {
    case BiasShift::kInKernel:
      return multiply_bfloat16(multiply_bfloat16(shifted, power), scale);
    case BiasShift::kMerged:
      return multiply_bfloat16(shifted, multiply_bfloat16(scale, power));
    case BiasShift::kDeferred:
      break;
  }
  throw Error("the bias shift of bfloat16 weights cannot be deferred to the epilogue: 2^" +
              std::to_string(bias_shift(format, kBf16)) +
              " times a scale leaves binary32; use in-kernel or merged");
}

void dequantize_to_binary16(const QuantizedMatrix& matrix, std::span<std::uint16_t> out) {
  for_each_weight(matrix, out, dequantize_binary16);
}
void dequantize_to_bfloat16(const QuantizedMatrix& matrix, std::span<std::uint16_t> out) {
  for_each_weight(matrix, out, dequantize_bfloat16);
}
void dequantize_to_binary32(const QuantizedMatrix& matrix, std::span<float> out) {
  for_each_weight(matrix, out, dequantize_binary32);
}

}  // namespace fp6sim::emu
