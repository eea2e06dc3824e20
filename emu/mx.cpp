#include "emu/mx.h"

#include <string>

#include "emu/decode.h"
#include "emu/error.h"

namespace fp6sim::emu {

QuantizeSpec mx_spec(const MxFormat& format) {
  QuantizeSpec spec;
  spec.format = format_by_name(format.element);
  spec.group = kMxBlock;
  spec.storage = ScaleStorage::kE8M0;
  return spec;
}

void decode_mx(const MxFormat& format, std::span<const std::uint8_t> codes,
               std::span<const std::uint8_t> scales, std::span<float> out) {
  if (codes.size() != out.size() || codes.size() % kMxBlock != 0 ||
      scales.size() != codes.size() / kMxBlock) {
    throw Error(std::string(format.name) + " blocks: " + std::to_string(codes.size()) + " codes, " +
                std::to_string(scales.size()) + " scales and " + std::to_string(out.size()) +
                " outputs; there must be 32 codes and 32 outputs for each scale");
  }
  const FloatFormat element = format_by_name(format.element).floating;
  for (std::size_t i = 0; i < codes.size(); ++i)
    out[i] = decode(element, codes[i]) * decode_e8m0(scales[i / kMxBlock]);
}

}  // namespace fp6sim::emu
