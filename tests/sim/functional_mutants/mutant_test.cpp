// Linked with one altered file of sim: the altered model's output differs from emu's GEMM, or the run is
// refused.
#include <gtest/gtest.h>

#include "app/functional/functional_check.h"
#include "emu/error.h"
#include "sim/functional/random_operands.h"

namespace fp6sim::sim {
namespace {

/// Outputs that differ; -1 where the run threw. `small_l2`: partial sums and outputs leave it and come back.
std::int64_t differences(bool small_l2) {
  constexpr GemmShape kShape{512, 1152, 10};  // a part of K begins within a group of 128
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  if (small_l2) {
    gpu.l2.ways = 2;
    gpu.l2.size_bytes = gpu.l2.slices * gpu.l2.ways * 512.0;
  }
  const KernelDescription kernel = load_kernel("w6a16-g128");
  const GemmOperands operands = random_operands(kernel, kShape, 13);
  FunctionalGemm functional(operands);
  RunOptions options;
  options.functional = &functional;
  try {
    simulate_gemm(gpu, kernel, load_design("simt"), kShape, options);
  } catch (const std::exception&) {
    return -1;
  }
  EXPECT_GT(functional.split_k(), 1);
  return app::compare_outputs(kShape, app::expected_output(kernel, kShape, operands, functional),
                              functional.output())
      .mismatches;
}

TEST(FunctionalMutant, ShowsInTheOutput) {
#ifdef FP6SIM_NO_MUTANT
  EXPECT_EQ(differences(false), 0);
  EXPECT_EQ(differences(true), 0);
#else
  EXPECT_TRUE(differences(false) != 0 || differences(true) != 0);
#endif
}

}  // namespace
}  // namespace fp6sim::sim
