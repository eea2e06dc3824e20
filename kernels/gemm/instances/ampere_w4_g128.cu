// W4A16, groups of 128: the cp.async kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> ampere_w4_g128() {
  static constexpr std::array<InstanceRows, 4> kRows{{
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, false, Activation::kFp16},
                 Generation::kAmpere>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, true, Activation::kFp16},
                 Generation::kAmpere>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, false, Activation::kBf16},
                 Generation::kAmpere>,
      kInstances<KernelSpec{WeightFormat::kInt4, emu::Split::kPacked4, 128, true, Activation::kBf16},
                 Generation::kAmpere>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
