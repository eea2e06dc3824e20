#include "sim/functional/random_operands.h"

#include "emu/binary16.h"
#include "emu/rounding.h"

namespace fp6sim::sim {
namespace {

/// Uniform in [-1, 1).
float uniform(std::uint64_t seed, std::uint64_t index) {
  return static_cast<float>(static_cast<std::int32_t>(emu::stochastic_bits(seed, index))) * 0x1p-31f;
}

}  // namespace

std::int64_t scale_groups(const WeightLayout& weights, std::int64_t k) {
  if (weights.group < 0) return 0;
  return weights.group == 0 ? 1 : (k + weights.group - 1) / weights.group;
}

GemmOperands random_operands(const KernelDescription& kernel, const GemmShape& shape, std::uint64_t seed) {
  const emu::Format& format = emu::format_by_name(kernel.weights.format);
  GemmOperands operands;
  operands.weights.resize(static_cast<std::size_t>(shape.m * shape.k));
  for (std::size_t i = 0; i < operands.weights.size(); ++i) {
    operands.weights[i] =
        format.bits == 16
            ? emu::to_binary16(uniform(4 * seed, i))
            : static_cast<std::uint16_t>(emu::stochastic_bits(4 * seed, i) >> (32 - format.bits));
  }
  operands.scales.resize(static_cast<std::size_t>(shape.m * scale_groups(kernel.weights, shape.k)));
  if (kernel.weights.zero_points) operands.zeros.resize(operands.scales.size());
  for (std::size_t i = 0; i < operands.scales.size(); ++i) {
    const std::uint32_t bits = emu::stochastic_bits(4 * seed + 1, i);
    operands.scales[i] = static_cast<std::uint16_t>((6u << 10) + bits % (6u << 10));  // 2^-9 .. 2^-3
    if (kernel.weights.zero_points) operands.zeros[i] = static_cast<std::uint8_t>(bits >> 28);
  }
  operands.activations.resize(static_cast<std::size_t>(shape.n * shape.k));
  for (std::size_t i = 0; i < operands.activations.size(); ++i)
    operands.activations[i] = emu::to_binary16(4 * uniform(4 * seed + 2, i));
  return operands;
}

}  // namespace fp6sim::sim
