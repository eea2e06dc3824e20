// W4A16, groups of 64 and 32: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w4_fine() {
  static constexpr std::array<InstanceRows, 4> kRows{{
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 64, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 64, true, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 32, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 32, true, Activation::kFp16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
