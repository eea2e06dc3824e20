// Packed weights of a kernel: codes in tile order, then scales and zero points as the kernel reads them.
#include <cmath>
#include <cstring>

#include "emu/binary16.h"
#include "emu/error.h"
#include "kernels/gemm.h"
#include "kernels/packing/pack.h"

namespace fp6sim::kernels {
namespace {

/// log2 of what the packed scale carries besides the scale: the difference of the exponent biases.
int scale_shift(const KernelSpec& spec) {
  const int bias = spec.weights == WeightFormat::kE3M2   ? emu::kE3M2.bias
                   : spec.weights == WeightFormat::kE2M3 ? emu::kE2M3.bias
                                                         : emu::kE2M2.bias;
  const bool integer = spec.weights == WeightFormat::kInt4 || spec.weights == WeightFormat::kInt8;
  return integer ? 0 : (spec.activation == Activation::kFp16 ? emu::kFp16.bias : emu::kBf16.bias) - bias;
}

std::uint16_t shifted_scale(const KernelSpec& spec, std::uint16_t scale) {
  const bool fp16 = spec.activation == Activation::kFp16;
  const float value = fp16 ? emu::from_binary16(scale) : emu::from_bfloat16(scale);
  const float shifted = std::ldexp(value, scale_shift(spec));
  return fp16 ? emu::to_binary16(shifted) : emu::to_bfloat16(shifted);
}

bool finite(const KernelSpec& spec, std::uint16_t bits) {
  const std::uint16_t exponent = spec.activation == Activation::kFp16 ? 0x7C00 : 0x7F80;
  return (bits & exponent) != exponent;
}

Status bad(StatusCode code, std::string message) {
  return {code, std::move(message)};
}

Status wrong_size(const char* what, std::size_t have, std::size_t want) {
  return bad(StatusCode::kBadBuffer,
             std::string(what) + " has " + std::to_string(have) + " elements, needs " + std::to_string(want));
}

}  // namespace

Status packed_layout(const KernelSpec& spec, std::int64_t m, std::int64_t k, PackedLayout& layout) {
  if (m < 1 || k < 1 || m > kLargestExtent || k > kLargestExtent ||
      (spec.group != 0 && k % spec.group != 0)) {
    return bad(StatusCode::kBadShape,
               "weights " + std::to_string(m) + " x " + std::to_string(k) + ": each must be 1.." +
                   std::to_string(kLargestExtent) +
                   (spec.group == 0 ? "" : ", columns a multiple of " + std::to_string(spec.group)));
  }
  layout = {};
  layout.order = {spec.split, static_cast<std::size_t>(m), static_cast<std::size_t>(k)};
  if (spec.group != 0) {
    const auto group = static_cast<std::size_t>(spec.group);
    layout.groups = static_cast<std::int64_t>((layout.order.padded_columns() + group - 1) / group);
  }
  const auto scales = static_cast<std::size_t>(layout.groups) * layout.order.padded_rows();
  layout.wide = 0;
  layout.narrow = emu::round_up(4 * layout.order.wide_words(), 128);
  layout.scales = emu::round_up(layout.narrow + 4 * layout.order.narrow_words(), 128);
  layout.zeros = emu::round_up(layout.scales + 2 * scales, 128);
  layout.bytes = emu::round_up(layout.zeros + (spec.zero_point ? scales / 2 : 0), 128);
  return {};
}

Status pack_weights(const KernelSpec& spec, std::int64_t m, std::int64_t k,
                    std::span<const std::uint8_t> codes, std::span<const std::uint16_t> scales,
                    std::span<const std::uint8_t> zeros, std::span<std::byte> packed) {
  PackedLayout layout;
  if (Status status = packed_layout(spec, m, k, layout); !status.ok()) return status;
  const std::size_t rows = layout.order.rows;
  const std::size_t groups =
      spec.group == 0 ? 1 : layout.order.columns / static_cast<std::size_t>(spec.group);
  if (scales.size() != rows * groups) return wrong_size("scales", scales.size(), rows * groups);
  const std::size_t zero_count = spec.zero_point ? rows * groups : 0;
  if (zeros.size() != zero_count) return wrong_size("zero points", zeros.size(), zero_count);
  if (packed.size() != layout.bytes) return wrong_size("packed weights", packed.size(), layout.bytes);
  if (reinterpret_cast<std::uintptr_t>(packed.data()) % 128 != 0) {
    return bad(StatusCode::kBadPointer, "packed weights must start on a 128-byte boundary");
  }
  std::memset(packed.data() + layout.scales, 0, layout.bytes - layout.scales);
  auto* const packed_scales = reinterpret_cast<std::uint16_t*>(packed.data() + layout.scales);
  auto* const packed_zeros = reinterpret_cast<std::uint8_t*>(packed.data() + layout.zeros);
  const std::size_t padded_rows = layout.order.padded_rows();
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t group = 0; group < groups; ++group) {
      const std::size_t from = row * groups + group;
      const std::uint16_t scale = shifted_scale(spec, scales[from]);
      const std::string where = " of row " + std::to_string(row) + ", group " + std::to_string(group);
      if (!finite(spec, scales[from]) || !finite(spec, scale)) {
        return bad(StatusCode::kBadValue, "scale" + where + " has bits " + std::to_string(scales[from]) +
                                              ": it must be finite and, times 2^" +
                                              std::to_string(scale_shift(spec)) + ", stay so");
      }
      packed_scales[group * padded_rows + row] = scale;
      if (!spec.zero_point) continue;
      if (zeros[from] > 15) {
        return bad(StatusCode::kBadValue,
                   "zero point" + where + " is " + std::to_string(zeros[from]) + "; 0..15");
      }
      const std::size_t byte = (group * padded_rows + row / 16 * 16) / 2 + row % 8;
      packed_zeros[byte] = static_cast<std::uint8_t>(packed_zeros[byte] | zeros[from] << (row / 8 % 2 * 4));
    }
  }
  auto* const words = reinterpret_cast<std::uint32_t*>(packed.data());
  try {
    pack_tiles(layout.order, codes, {words, layout.order.wide_words()},
               {words + layout.narrow / 4, layout.order.narrow_words()});
  } catch (const Error& error) {
    return bad(StatusCode::kBadValue, error.what());
  }
  return {};
}

}  // namespace fp6sim::kernels
