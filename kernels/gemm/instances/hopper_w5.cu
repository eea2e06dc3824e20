// W5A16 E2M2: the bulk-copy kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> hopper_w5() {
  static constexpr std::array<InstanceRows, 3> kRows{{
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 0, false, Activation::kFp16},
                 Generation::kHopper>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k4Plus1, 0, false, Activation::kFp16},
                 Generation::kHopper>,
      kInstances<KernelSpec{WeightFormat::kE2M2, emu::Split::k1Plus4, 0, false, Activation::kBf16},
                 Generation::kHopper>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
