// W8A16: the cp.async kernels.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

std::span<const InstanceRows> ampere_w8() {
  static constexpr std::array<InstanceRows, 2> kRows{{
      kInstances<KernelSpec{WeightFormat::kInt8, emu::Split::kPadded8, 0, false, Activation::kFp16},
                 Generation::kAmpere>,
      kInstances<KernelSpec{WeightFormat::kInt8, emu::Split::kPadded8, 0, false, Activation::kBf16},
                 Generation::kAmpere>,
  }};
  return kRows;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
