// W8A16: the wgmma kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> warpgroup_w8() {
  static constexpr std::array<InstanceRows, 2> kRows{{
      kInstances<KernelSpec{WeightFormat::kInt8, emu::Split::kPadded8, 0, false, Activation::kFp16},
                 Generation::kWarpgroup>,
      kInstances<KernelSpec{WeightFormat::kInt8, emu::Split::kPadded8, 0, false, Activation::kBf16},
                 Generation::kWarpgroup>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
