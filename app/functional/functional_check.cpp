#include "app/functional/functional_check.h"

#include <cstdio>

#include "emu/dequantize.h"
#include "emu/gemm/gemm.h"

namespace fp6sim::app {
namespace {

std::uint16_t weight_at(const sim::WeightLayout& layout, const emu::Format& format,
                        const sim::GemmOperands& operands, std::int64_t k_count, std::int64_t row,
                        std::int64_t k) {
  const std::uint16_t code = operands.weights[static_cast<std::size_t>(row * k_count + k)];
  if (format.bits == 16) return code;
  float scale = 1;
  int zero = 0;
  if (layout.group >= 0) {
    const std::int64_t groups = layout.group == 0 ? 1 : (k_count + layout.group - 1) / layout.group;
    const auto at = static_cast<std::size_t>(row * groups + (layout.group == 0 ? 0 : k / layout.group));
    scale = emu::from_binary16(operands.scales[at]);
    if (layout.zero_points) zero = operands.zeros[at];
  }
  float value;
  if (format.is_float())
    value = emu::decode(format.floating, code);
  else if (layout.zero_points)
    value = static_cast<float>(code - zero);
  else
    value = static_cast<float>(emu::decode_integer(format.bits, code));
  return emu::dequantize_binary16(value, scale);
}

}  // namespace

std::vector<std::uint16_t> expected_output(const sim::KernelDescription& kernel, const sim::GemmShape& shape,
                                           const sim::GemmOperands& operands,
                                           const sim::FunctionalGemm& run) {
  const emu::Format& format = emu::format_by_name(kernel.weights.format);
  emu::GemmSchedule schedule;
  schedule.architecture = run.architecture();
  schedule.tile_k = run.tile_k();
  schedule.split_k = run.split_k();
  schedule.reduction =
      run.half_partials() && run.split_k() > 1 ? emu::Accumulate::kF16 : emu::Accumulate::kF32;
  const emu::WeightRows weights = [&](std::int64_t first, std::int64_t count, std::uint16_t* codes) {
    for (std::int64_t row = first; row < first + count; ++row) {
      for (std::int64_t k = 0; k < shape.k; ++k)
        *codes++ = weight_at(kernel.weights, format, operands, shape.k, row, k);
    }
  };
  std::vector<std::uint16_t> y(static_cast<std::size_t>(shape.m * shape.n));
  emu::exact_gemm(schedule, {shape.m, shape.k, shape.n}, weights, operands.activations,
                  std::span<std::uint16_t>(y));
  return y;
}

FunctionalCheck compare_outputs(const sim::GemmShape& shape, const std::vector<std::uint16_t>& expected,
                                const std::vector<std::uint16_t>& got) {
  FunctionalCheck check;
  check.compared = static_cast<std::int64_t>(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (got.at(i) == expected[i]) continue;
    if (!check.first) {
      const auto at = static_cast<std::int64_t>(i);
      check.first = {at % shape.m, at / shape.m, expected[i], got[i]};
    }
    ++check.mismatches;
  }
  return check;
}

std::string describe(const FunctionalCheck::Difference& at) {
  char text[160];
  std::snprintf(text, sizeof text, "row %lld, token %lld: expected 0x%04X (%g), got 0x%04X (%g)",
                static_cast<long long>(at.row), static_cast<long long>(at.token), at.expected,
                static_cast<double>(emu::from_binary16(at.expected)), at.got,
                static_cast<double>(emu::from_binary16(at.got)));
  return text;
}

}  // namespace fp6sim::app
