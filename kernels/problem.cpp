#include "kernels/problem.h"

#include <algorithm>

#include "emu/binary16.h"
#include "emu/decode.h"
#include "emu/error.h"
#include "emu/rounding.h"

namespace fp6sim::kernels {
namespace {

/// A random number of each place of each tensor.
std::uint32_t draw(std::uint64_t seed, std::uint64_t tensor, std::size_t index) {
  return emu::stochastic_bits(seed * 16 + tensor, index);
}
/// Uniform in [-1, 1).
float uniform(std::uint32_t random) {
  return static_cast<float>(static_cast<std::int32_t>(random)) * 0x1p-31f;
}

std::uint16_t to_type(Activation type, float value) {
  return type == Activation::kFp16 ? emu::to_binary16(value) : emu::to_bfloat16(value);
}
float from_type(Activation type, std::uint16_t bits) {
  return type == Activation::kFp16 ? emu::from_binary16(bits) : emu::from_bfloat16(bits);
}

std::size_t scale_index(const HostProblem& problem, std::int64_t row, std::int64_t column) {
  if (problem.spec.group == 0) return static_cast<std::size_t>(row);
  return static_cast<std::size_t>(row * (problem.shape.k / problem.spec.group) + column / problem.spec.group);
}

}  // namespace

HostProblem::HostProblem(const KernelSpec& spec_in, const GemmShape& shape_in, const Plan& plan_in,
                         std::uint64_t seed)
    : spec(spec_in), shape(shape_in), plan(plan_in) {
  PackedLayout layout;
  if (const Status status = packed_layout(spec, shape.m, shape.k, layout); !status.ok())
    throw Error(status.message);
  const auto m = static_cast<std::size_t>(shape.m);
  const auto k = static_cast<std::size_t>(shape.k);
  const auto n = static_cast<std::size_t>(shape.n);
  const std::size_t groups = spec.group == 0 ? 1 : k / static_cast<std::size_t>(spec.group);
  const unsigned mask = (1u << emu::info(spec.split).code_bits) - 1;
  codes.resize(m * k);
  for (std::size_t i = 0; i < codes.size(); ++i)
    codes[i] = static_cast<std::uint8_t>(draw(seed, 0, i) & mask);
  scales.resize(m * groups);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    scales[i] = to_type(spec.activation, 0.01f * (1.5f + uniform(draw(seed, 1, i))));
  }
  if (spec.zero_point) {
    zeros.resize(m * groups);
    for (std::size_t i = 0; i < zeros.size(); ++i)
      zeros[i] = static_cast<std::uint8_t>(draw(seed, 2, i) & 15);
  }
  x.resize(n * k);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = to_type(spec.activation, uniform(draw(seed, 3, i)));
  y.resize(n * m);
  packed_bytes_ = layout.bytes;
  packed_.resize(layout.bytes / sizeof(Line));
  workspace_.resize((kernels::workspace_bytes(plan) + sizeof(Line) - 1) / sizeof(Line));
  const Status status = pack_weights(spec, shape.m, shape.k, codes, scales, zeros,
                                     {reinterpret_cast<std::byte*>(packed_.data()), packed_bytes_});
  if (!status.ok()) throw Error(status.message);
}

GemmArguments HostProblem::arguments() {
  std::fill(y.begin(), y.end(), std::uint16_t{0x7FFF});
  GemmArguments arguments;
  arguments.spec = spec;
  arguments.shape = shape;
  arguments.plan = plan;
  arguments.packed = packed_.data();
  arguments.packed_bytes = packed_bytes_;
  arguments.x = x.data();
  arguments.y = y.data();
  arguments.workspace = workspace_.empty() ? nullptr : workspace_.data();
  arguments.workspace_bytes = workspace_.size() * sizeof(Line);
  return arguments;
}

std::span<std::byte> HostProblem::packed() {
  return {reinterpret_cast<std::byte*>(packed_.data()), packed_bytes_};
}

std::uint16_t HostProblem::weight(std::int64_t row, std::int64_t column) const {
  const std::uint32_t code = codes[static_cast<std::size_t>(row * shape.k + column)];
  const std::size_t at = scale_index(*this, row, column);
  float value = 0;
  switch (spec.weights) {
    case WeightFormat::kE3M2:
      value = emu::decode(emu::kE3M2, code);
      break;
    case WeightFormat::kE2M3:
      value = emu::decode(emu::kE2M3, code);
      break;
    case WeightFormat::kE2M2:
      value = emu::decode(emu::kE2M2, code);
      break;
    case WeightFormat::kInt4:
      value = static_cast<float>(spec.zero_point ? static_cast<int>(code) - zeros[at]
                                                 : emu::decode_integer(4, code));
      break;
    case WeightFormat::kInt8:
      value = static_cast<float>(emu::decode_integer(8, code));
      break;
  }
  // The product is exact in binary32 (at most 8 + 11 significant bits), so this is its one rounding.
  return to_type(spec.activation, value * from_type(spec.activation, scales[at]));
}

}  // namespace fp6sim::kernels
