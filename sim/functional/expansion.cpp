#include "sim/functional/expansion.h"

#include <vector>

#include "emu/dequantize.h"
#include "emu/packing/linear.h"

namespace fp6sim::sim {
namespace {

/// What a lane computes: a float's bits moved under binary16's fields and multiplied by 2^bias, an integer
/// converted exactly; then one rounding in the product with the scale.
std::uint16_t expand_on_lane(const WeightBits& weights, std::uint32_t code, std::size_t group) {
  const emu::Format& format = *weights.format;
  const std::uint16_t scale = weights.scales[group];
  if (format.is_float() && format.floating.specials != emu::Specials::kNone) {  // NaNs do not survive a shift
    return emu::dequantize_binary16(emu::decode(format.floating, code), emu::from_binary16(scale));
  }
  if (format.is_float()) {
    return emu::gpu_dequantize_binary16(format.floating, code, scale, emu::BiasShift::kInKernel);
  }
  const int integer = weights.zero_point ? static_cast<int>(code) - int{weights.zeros[group]}
                                         : emu::decode_integer(format.bits, code);
  return emu::multiply_binary16(emu::to_binary16(static_cast<float>(integer)), scale);
}

}  // namespace

Expansion::Expansion(const UnitUse& use) : unit_(use.make ? use.make(use.parameters) : nullptr) {}

void Expansion::expand(const WeightBits& weights, std::span<std::uint16_t> out) {
  if (unit_ != nullptr) return unit_->dequantise(weights, false, out);
  std::vector<std::uint8_t> codes(out.size());
  emu::unpack_linear(weights.split, weights.wide, weights.narrow, codes);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    out[i] = expand_on_lane(weights, codes[i], i / static_cast<std::size_t>(weights.group));
  }
}

}  // namespace fp6sim::sim
