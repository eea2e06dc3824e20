// One altered kernel, in a namespace of its own (FP6SIM_BUILD). The altered header shadows the real one.
#include "tests/kernels/mutants/mutant.h"

#include <string_view>

#include "kernels/gemm/bind.h"
#include "kernels/gemm/gemm_ampere.cuh"
#include "kernels/gemm/gemm_hopper.cuh"
#include "kernels/gemm/gemm_warpgroup.cuh"

#define MUTANT_TEXT(text) #text
#define MUTANT_STRING(text) MUTANT_TEXT(text)

namespace fp6sim::kernels::inline FP6SIM_BUILD {
namespace {

[[maybe_unused]] constexpr KernelSpec kW6{};
[[maybe_unused]] constexpr KernelSpec kW4{WeightFormat::kInt4, emu::Split::kPacked4, 128, false,
                                          Activation::kFp16};

[[maybe_unused]] constexpr KernelSpec k42{WeightFormat::kE3M2, emu::Split::k4Plus2};
[[maybe_unused]] constexpr KernelSpec k24{WeightFormat::kE3M2, emu::Split::k2Plus4};
[[maybe_unused]] constexpr KernelSpec kE2M3{WeightFormat::kE2M3};
[[maybe_unused]] constexpr KernelSpec kBf16{WeightFormat::kE3M2, emu::Split::k4Plus2Byte, 0, false,
                                            Activation::kBf16};

constexpr std::string_view kKernel = MUTANT_STRING(MUTANT_KERNEL);
constexpr Generation kGeneration = kKernel == "gemm_warpgroup" ? Generation::kWarpgroup
                                   : kKernel == "gemm_hopper"  ? Generation::kHopper
                                                               : Generation::kAmpere;

void run(const GemmArguments& arguments, const HostRun& host_run) {
  simt::launch(launch_config(arguments, host_run),
               MUTANT_KERNEL<Tile<MUTANT_SPEC, narrowest_batch_tile(kGeneration), kGeneration>>,
               bind(arguments));
}

[[maybe_unused]] const bool kListed = [] {
  mutants().push_back({MUTANT_NAME, std::string_view(MUTANT_EXPECT) == "violation", MUTANT_AT, MUTANT_SPEC,
                       kGeneration, run, MUTANT_SPLITS});
  return true;
}();

}  // namespace
}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
