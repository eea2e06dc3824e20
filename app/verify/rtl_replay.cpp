#include "app/verify/rtl_replay.h"

#include <cstdio>
#include <memory>

#include "app/rtl/verilated_stage.h"
#include "app/verify/replay.h"
#include "emu/binary16.h"
#include "emu/error.h"
#include "emu/packing/linear.h"

namespace fp6sim::app {
namespace {

constexpr sim::StageParameters kUnit{.lanes = 32, .depth = 2};

const emu::Format& format_of(kernels::WeightFormat format) {
  switch (format) {
    case kernels::WeightFormat::kE3M2:
      return emu::format_by_name("e3m2");
    case kernels::WeightFormat::kE2M3:
      return emu::format_by_name("e2m3");
    case kernels::WeightFormat::kE2M2:
      return emu::format_by_name("e2m2");
    case kernels::WeightFormat::kInt4:
      return emu::format_by_name("int4");
    case kernels::WeightFormat::kInt8:
      break;
  }
  return emu::format_by_name("int8");
}

/// The unit takes binary16 scales whatever it gives.
std::vector<std::uint16_t> binary16_scales(const kernels::HostProblem& problem) {
  std::vector<std::uint16_t> scales = problem.scales;
  if (problem.spec.activation == kernels::Activation::kFp16) return scales;
  for (std::uint16_t& scale : scales) {
    const float value = emu::from_bfloat16(scale);
    scale = emu::to_binary16(value);
    if (emu::from_binary16(scale) != value)
      throw Error("scale " + std::to_string(value) + " is no binary16: the RTL unit cannot take it");
  }
  return scales;
}

std::string describe(const char* what, std::int64_t row, std::int64_t at, const char* axis,
                     std::uint16_t expected, std::uint16_t got, bool bfloat) {
  const auto value = [&](std::uint16_t bits) {
    return static_cast<double>(bfloat ? emu::from_bfloat16(bits) : emu::from_binary16(bits));
  };
  char text[200];
  std::snprintf(text, sizeof text, "%s row %lld %s %lld: expected 0x%04X (%g), the RTL gives 0x%04X (%g)",
                what, static_cast<long long>(row), axis, static_cast<long long>(at), expected,
                value(expected), got, value(got));
  return text;
}

/// [m, k], by the unit.
std::vector<std::uint16_t> weights_of_unit(const kernels::HostProblem& problem) {
  // Rows start at a word of every split: their last few places are codes 0.
  const std::int64_t k = problem.shape.k, stride = (k + 31) / 32 * 32;
  const bool by_row = problem.spec.group == 0;
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(problem.shape.m * stride));
  for (std::int64_t row = 0; row < problem.shape.m; ++row) {
    for (std::int64_t column = 0; column < k; ++column)
      codes[static_cast<std::size_t>(row * stride + column)] =
          problem.codes[static_cast<std::size_t>(row * k + column)];
  }
  const emu::PackedCodes packed = emu::pack_linear(problem.spec.split, codes);
  const std::vector<std::uint16_t> scales = binary16_scales(problem);
  const sim::WeightBits bits{&format_of(problem.spec.weights),
                             problem.spec.zero_point,
                             problem.spec.split,
                             packed.wide,
                             packed.narrow,
                             static_cast<std::int64_t>(codes.size()),
                             scales,
                             problem.zeros,
                             by_row ? stride : problem.spec.group};
  const auto unit = rtl::make_verilated_stage(kUnit);
  std::vector<std::uint16_t> padded(codes.size()), weights;
  unit->dequantise(bits, problem.spec.activation == kernels::Activation::kBf16, padded);
  for (std::int64_t row = 0; row < problem.shape.m; ++row)
    weights.insert(weights.end(), padded.begin() + row * stride, padded.begin() + row * stride + k);
  return weights;
}

}  // namespace

RtlReplay rtl_replay(const kernels::HostProblem& problem, emu::Architecture architecture) {
  const bool bfloat = problem.spec.activation == kernels::Activation::kBf16;
  const std::vector<std::uint16_t> weights = weights_of_unit(problem);
  RtlReplay result;
  result.weights = static_cast<std::int64_t>(weights.size());
  for (std::int64_t i = 0; i < result.weights; ++i) {
    const std::int64_t row = i / problem.shape.k, column = i % problem.shape.k;
    const std::uint16_t due = problem.weight(row, column), got = weights[static_cast<std::size_t>(i)];
    if (due != got && result.weight_mismatches++ == 0)
      result.first = describe("weight", row, column, "column", due, got, bfloat);
  }
  const std::vector<std::uint16_t> y = replay(problem, architecture, weights);
  result.outputs = static_cast<std::int64_t>(y.size());
  for (std::int64_t i = 0; i < result.outputs; ++i) {
    const std::int64_t row = i % problem.shape.m, token = i / problem.shape.m;
    const std::uint16_t due = problem.y[static_cast<std::size_t>(i)], got = y[static_cast<std::size_t>(i)];
    if (due != got && result.output_mismatches++ == 0 && result.first.empty())
      result.first = describe("output", row, token, "token", due, got, bfloat);
  }
  return result;
}

}  // namespace fp6sim::app
