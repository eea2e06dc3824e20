#include "kernels/variant.h"

#include <array>
#include <vector>

#include "emu/error.h"

namespace fp6sim::kernels {
namespace {

using emu::Split;
constexpr Activation kF16 = Activation::kFp16;
constexpr Activation kBf16 = Activation::kBf16;

/// The first of a name and an activation is the fastest: fewest instructions a weight.
constexpr std::array kSpecs{
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 0, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2, 0, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k2Plus4, 0, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 0, false, kBf16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 0, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2, 0, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k2Plus4, 0, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 0, false, kBf16},
    KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 0, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k4Plus1, 0, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 0, false, kBf16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 128, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 64, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 32, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 128, false, kBf16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2, 128, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k2Plus4, 128, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2, 64, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k2Plus4, 64, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k4Plus2, 32, false, kF16},
    KernelSpec{WeightFormat::kE3M2, Split::k2Plus4, 32, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 128, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 64, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 32, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 128, false, kBf16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2, 128, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k2Plus4, 128, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2, 64, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k2Plus4, 64, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k4Plus2, 32, false, kF16},
    KernelSpec{WeightFormat::kE2M3, Split::k2Plus4, 32, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 128, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k4Plus1, 128, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 64, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k4Plus1, 64, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 32, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k4Plus1, 32, false, kF16},
    KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 128, false, kBf16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 128, false, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 64, false, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 32, false, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 0, false, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 128, true, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 64, true, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 32, true, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 0, true, kF16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 128, false, kBf16},
    KernelSpec{WeightFormat::kInt4, Split::kPacked4, 128, true, kBf16},
    KernelSpec{WeightFormat::kInt8, Split::kPadded8, 0, false, kF16},
    KernelSpec{WeightFormat::kInt8, Split::kPadded8, 0, false, kBf16},
};

std::string_view prefix(WeightFormat format) {
  switch (format) {
    case WeightFormat::kE3M2:
    case WeightFormat::kE2M3:
      return "w6a16";
    case WeightFormat::kE2M2:
      return "w5a16";
    case WeightFormat::kInt4:
      return "w4a16";
    case WeightFormat::kInt8:
      return "w8a16";
  }
  return "";
}

/// Every spelling of a spec's name: the group may be left out where it is the default.
std::vector<std::string> names(const KernelSpec& spec) {
  std::string without(prefix(spec.weights));
  std::string with_group = without;
  with_group += spec.group == 0 ? "-row" : "-g";
  if (spec.group != 0) with_group += std::to_string(spec.group);
  for (std::string* name : {&without, &with_group}) {
    if (spec.zero_point) name->append("-zp");
    if (spec.weights == WeightFormat::kE2M3) name->append("-e2m3");
  }
  const bool int4 = spec.weights == WeightFormat::kInt4;
  if (spec.group != (int4 ? 128 : 0)) return {with_group};
  // INT4 is always shown with its group: both w4a16 baselines of the literature are "w4a16".
  return int4 ? std::vector{with_group, without} : std::vector{without, with_group};
}

}  // namespace

std::span<const KernelSpec> kernel_specs() {
  return kSpecs;
}

std::string kernel_name(const KernelSpec& spec) {
  return names(spec).front();
}

KernelSpec kernel_by_name(std::string_view name, std::string_view split, Activation activation) {
  std::string known, splits, last;
  for (const KernelSpec& spec : kSpecs) {
    if (spec.activation != activation) continue;
    const std::string own = kernel_name(spec);
    if (last != own) known.append(" ").append(own);
    last = own;
    for (const std::string& spelling : names(spec)) {
      if (spelling != name) continue;
      if (split.empty() || emu::name(spec.split) == split) return spec;
      splits.append(" ").append(emu::name(spec.split));
    }
  }
  std::string message = "kernel '";
  message.append(name).append(activation == Activation::kFp16 ? "' with fp16 activations "
                                                              : "' with bf16 activations ");
  if (splits.empty()) throw Error(message.append("is not compiled. Known:").append(known));
  throw Error(message.append("has no split '").append(split).append("'; it has").append(splits));
}

}  // namespace fp6sim::kernels
