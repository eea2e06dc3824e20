// W6A16 E2M3, groups of 128, 64 and 32: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w6_e2m3_groups() {
  static constexpr std::array<InstanceRows, 4> kRows{{
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k4Plus2Byte, 128, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k4Plus2Byte, 64, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k4Plus2Byte, 32, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k4Plus2Byte, 128, false, Activation::kBf16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
