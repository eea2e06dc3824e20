// W6A16 E3M2 with groups, the splits it is compared with: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w6_groups_splits() {
  static constexpr std::array<InstanceRows, 6> kRows{{
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k4Plus2, 128, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k2Plus4, 128, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k4Plus2, 64, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k2Plus4, 64, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k4Plus2, 32, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k2Plus4, 32, false, Activation::kFp16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
