// A GEMM as one of many launches in a row, and what split-K's partial sums cost.
#include <gtest/gtest.h>

#include "sim/simulate.h"
#include "tests/sim/counters.h"

namespace fp6sim::sim {
namespace {

GemmResult run(const KernelDescription& kernel, const GemmShape& shape, bool loop) {
  RunOptions options;
  options.loop = loop;
  return simulate_gemm(load_gpu("a100-sxm-40g"), kernel, load_design("simt"), shape, options);
}

TEST(Loop, TheLaunchBeforeHidesTheOverhead) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const KernelDescription kernel = load_kernel("trtllm-w8a16");  // no split: one launch, few results
  const GemmShape shape{22016, 8192, 8};                         // of its weights nothing is found again
  const double cold = run(kernel, shape, false).time_us;
  const double saved = cold - run(kernel, shape, true).time_us;
  EXPECT_NEAR(saved, gpu.launch.first_us - gpu.launch.dependent_us, 0.005 * cold);  // what order alone moves
}

TEST(Loop, PartialSumsOfTheLaunchBeforeAreWrittenBack) {
  const KernelDescription kernel = load_kernel("tc-fpx-w6a16");
  const GemmShape shape{22016, 8192, 32};  // far beyond the L2: everything of the launch before is evicted
  const GemmResult cold = run(kernel, shape, false), loop = run(kernel, shape, true);
  const double results = 4.0 * cold.split_k * 22016 * 32 + 2.0 * 22016 * 32;
  const double evicted = counter(loop, "dram_write_bytes") - counter(cold, "dram_write_bytes");
  EXPECT_GT(evicted, 0.6 * results);  // the rest of this launch's own partial sums may leave early in both
  EXPECT_LT(evicted, 1.01 * results);
  EXPECT_NEAR(counter(loop, "dram_read_bytes"), counter(cold, "dram_read_bytes"),
              0.01 * counter(cold, "dram_read_bytes"));  // none of the weights are left
}

TEST(Loop, AMatrixThatFitsIsNotFetchedAgain) {
  const GemmResult loop = run(load_kernel("tc-fpx-w6a16"), {4096, 4096, 8}, true);  // 12.6 MB
  EXPECT_LT(counter(loop, "dram_read_bytes"), 0.15 * counter(loop, "weight_bytes"));
  EXPECT_EQ(loop.floor_us, 0);
  EXPECT_GT(run(load_kernel("tc-fpx-w6a16"), {4096, 4096, 8}, false).floor_us, 0);
}

TEST(Loop, ScalarAccessesOfTheReductionCostTime) {
  KernelDescription scalar = load_kernel("tc-fpx-w6a16"), wide = scalar;
  ASSERT_EQ(scalar.reduction_access_bytes, 4);
  wide.reduction_access_bytes = 16;
  const GemmShape shape{13824, 5120, 32};
  EXPECT_GT(run(scalar, shape, false).time_us, run(wide, shape, false).time_us);
}

TEST(Loop, TokensTheBatchLacksLeaveNoPartialSums) {
  const KernelDescription kernel = load_kernel("tc-fpx-w6a16");  // batch tiles of 8, 16, 32
  const GemmResult one = run(kernel, {8192, 8192, 1}, false), eight = run(kernel, {8192, 8192, 8}, false);
  ASSERT_EQ(one.split_k, eight.split_k);
  EXPECT_EQ(one.tile, eight.tile);
  EXPECT_EQ(counter(eight, "l2_write_sectors"), 8 * counter(one, "l2_write_sectors"));
}

}  // namespace
}  // namespace fp6sim::sim
