// The kernels that are compiled, as a table that templates can run over.
#pragma once

#include <array>

#include "kernels/variant.h"

namespace fp6sim::kernels {

/// The first of a name and an activation is the fastest: fewest instructions a weight.
inline constexpr auto kSpecs = [] {
  using emu::Split;
  constexpr Activation kF16 = Activation::kFp16;
  constexpr Activation kBf16 = Activation::kBf16;
  return std::array{
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
}();

}  // namespace fp6sim::kernels
