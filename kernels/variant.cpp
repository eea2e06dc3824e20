#include "kernels/variant.h"

#include <vector>

#include "emu/error.h"
#include "kernels/variant_table.h"

namespace fp6sim::kernels {
namespace {

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
