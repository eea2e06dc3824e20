// The specs that an altered kernel is compiled for: few at first, all kinds where it is still alive.
#pragma once

#include <array>

#include "kernels/variant.h"

namespace fp6sim::kernels::campaign {

inline constexpr KernelSpec kRowScales{};
inline constexpr KernelSpec kFineGroups{WeightFormat::kInt4, emu::Split::kPacked4, 32, true,
                                        Activation::kFp16};
inline constexpr std::array kFewSpecs{kRowScales, kFineGroups};
/// Other numbers of words a lane, zero points a row, bfloat16.
inline constexpr std::array kOtherSpecs{
    KernelSpec{WeightFormat::kInt8, emu::Split::kPadded8, 0, false, Activation::kFp16},
    KernelSpec{WeightFormat::kE2M2, emu::Split::k4Plus1, 64, false, Activation::kFp16},
    KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 0, true, Activation::kFp16},
    KernelSpec{WeightFormat::kE3M2, emu::Split::k4Plus2Byte, 0, false, Activation::kBf16}};

/// Every format, split, number of groups in a stage and activation type, if not every product of them.
inline constexpr auto kManySpecs = [] {
  using emu::Split;
  constexpr Activation kF16 = Activation::kFp16;
  constexpr Activation kBf16 = Activation::kBf16;
  return std::array{
      KernelSpec{WeightFormat::kE3M2, Split::k4Plus2, 0, false, kF16},
      KernelSpec{WeightFormat::kE3M2, Split::k2Plus4, 0, false, kF16},
      KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 0, false, kBf16},
      KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 0, false, kF16},
      KernelSpec{WeightFormat::kE2M3, Split::k4Plus2Byte, 0, false, kBf16},
      KernelSpec{WeightFormat::kE3M2, Split::k4Plus2Byte, 128, false, kF16},
      KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 64, false, kF16},
      KernelSpec{WeightFormat::kE2M2, Split::k4Plus1, 32, false, kF16},
      KernelSpec{WeightFormat::kE2M2, Split::k1Plus4, 0, false, kBf16},
      KernelSpec{WeightFormat::kInt4, Split::kPacked4, 128, false, kF16},
      KernelSpec{WeightFormat::kInt4, Split::kPacked4, 64, true, kF16},
      KernelSpec{WeightFormat::kInt4, Split::kPacked4, 0, true, kF16},
      KernelSpec{WeightFormat::kInt4, Split::kPacked4, 128, true, kBf16},
      KernelSpec{WeightFormat::kInt8, Split::kPadded8, 0, false, kF16},
      KernelSpec{WeightFormat::kInt8, Split::kPadded8, 0, false, kBf16},
  };
}();

}  // namespace fp6sim::kernels::campaign
