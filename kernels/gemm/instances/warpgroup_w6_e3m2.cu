// W6A16 E3M2, the byte-ready split: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w6_e3m2() {
  static constexpr std::array<InstanceRows, 2> kRows{{
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k4Plus2Byte, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kE3M2, emu::Split::k4Plus2Byte, 0, false, Activation::kBf16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
