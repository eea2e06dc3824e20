// W6A16 E2M3: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w6_e2m3() {
  static constexpr std::array<InstanceRows, 4> kRows{{
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k4Plus2Byte, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k4Plus2, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k2Plus4, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M3, emu::Split::k4Plus2Byte, 0, false, Activation::kBf16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
