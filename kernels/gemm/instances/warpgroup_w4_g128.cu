// W4A16, groups of 128: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w4_g128() {
  static constexpr std::array<InstanceRows, 4> kRows{{
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, true, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, false, Activation::kBf16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, true, Activation::kBf16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
