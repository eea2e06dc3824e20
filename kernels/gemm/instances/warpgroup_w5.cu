// W5A16 E2M2: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w5() {
  static constexpr std::array<InstanceRows, 3> kRows{{
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k4Plus1, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 0, false, Activation::kBf16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
