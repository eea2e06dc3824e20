// Which kernels exist: weight format, split, group, zero point and activation type, and their names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "emu/packing/split.h"

namespace fp6sim::kernels {

enum class WeightFormat : std::uint8_t { kE3M2, kE2M3, kE2M2, kInt4, kInt8 };
enum class Activation : std::uint8_t { kFp16, kBf16 };
enum class Generation : std::uint8_t {
  kAmpere,     ///< cp.async stages; compute capability 8.x
  kHopper,     ///< bulk copies, mbarriers, a producer warp; compute capability 9.0 and later
  kWarpgroup,  ///< the same with warpgroup-wide asynchronous mma (wgmma), for large batches; 9.0 alone
};

/// A kernel as compiled; usable as a template argument.
struct KernelSpec {
  WeightFormat weights = WeightFormat::kE3M2;
  emu::Split split = emu::Split::k4Plus2Byte;
  int group = 0;  ///< columns that share a scale: 32, 64, 128, or 0 for a whole row
  bool zero_point = false;
  Activation activation = Activation::kFp16;
  friend constexpr bool operator==(const KernelSpec&, const KernelSpec&) = default;
};

/// Every spec that is compiled.
std::span<const KernelSpec> kernel_specs();

/// "w6a16", "w6a16-e2m3", "w5a16", "w4a16-g128", "w4a16-row-zp", "w8a16" ...:
/// w{4,5,6,8}a16[-gN|-row][-zp][-e2m3]. INT4 without -gN or -row means g128; the others default to -row.
std::string kernel_name(const KernelSpec& spec);

/// The spec of that name with that split (empty: the fastest) and activation. Throws fp6sim::Error naming
/// what exists.
KernelSpec kernel_by_name(std::string_view name, std::string_view split = {},
                          Activation activation = Activation::kFp16);

}  // namespace fp6sim::kernels
