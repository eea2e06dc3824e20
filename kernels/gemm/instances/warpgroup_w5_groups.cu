// W5A16 E2M2, groups of 128, 64 and 32: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w5_groups() {
  static constexpr std::array<InstanceRows, 7> kRows{{
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 128, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k4Plus1, 128, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 64, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k4Plus1, 64, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 32, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k4Plus1, 32, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 128, false, Activation::kBf16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
