// W4A16, a scale a row: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w4_row() {
  static constexpr std::array<InstanceRows, 2> kRows{{
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 0, true, Activation::kFp16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
