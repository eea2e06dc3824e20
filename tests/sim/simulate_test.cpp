// The front door: determinism, repeated runs in one process, the byte floor, the stack, errors that name
// limits.
#include "sim/simulate.h"

#include <gtest/gtest.h>

#include <string>

#include "emu/error.h"
#include "sim/description/unit_cost.h"

namespace fp6sim::sim {
namespace {

GemmResult run(const std::string& gpu, const std::string& kernel, const GemmShape& shape,
               const RunOptions& options = {}, const std::string& design = "simt") {
  return simulate_gemm(load_gpu(gpu), load_kernel(kernel), load_design(design), shape, options);
}

TEST(Simulate, RepeatedRunsInOneProcessAreEqual) {
  const GemmResult first = run("a100-sxm-40g", "w6a16", {4096, 4096, 8});
  run("h100-sxm", "cublas-fp16", {2048, 2048, 16});  // something else in between
  const GemmResult again = run("a100-sxm-40g", "w6a16", {4096, 4096, 8});
  EXPECT_EQ(first.cycles, again.cycles);
  EXPECT_EQ(first.dram_bytes, again.dram_bytes);
  ASSERT_EQ(first.counters.size(), again.counters.size());
  for (std::size_t i = 0; i < first.counters.size(); ++i) {
    EXPECT_EQ(first.counters[i].value, again.counters[i].value) << first.counters[i].name;
  }
}

TEST(Simulate, EveryGpuRunsEveryKernelAboveTheFloorAndItsStackSumsToOne) {
  for (const std::string& gpu : gpu_names()) {
    for (const std::string& kernel : kernel_names()) {
      const GemmResult result = run(gpu, kernel, {1024, 1024, 8});
      EXPECT_GE(result.time_us, result.floor_us) << gpu << " " << kernel;
      double sum = 0;
      for (const StackEntry& entry : result.stack) {
        EXPECT_GE(entry.share, 0) << gpu << " " << kernel << " " << entry.name;
        sum += entry.share;
      }
      EXPECT_NEAR(sum, 1, 1e-9) << gpu << " " << kernel;
    }
  }
}

TEST(Simulate, ApproachesTheFloorAsTheMatrixGrows) {
  double previous = 1e9;
  for (const std::int64_t side : {2048, 4096, 8192, 16384}) {
    const GemmResult result = run("a100-sxm-40g", "w6a16", {side, side, 8});
    const double over = result.time_us / result.floor_us;
    EXPECT_GT(over, 1) << side;
    EXPECT_LT(over, previous) << side;
    previous = over;
  }
  EXPECT_LT(previous, 1.18);  // DRAM gives 0.94 of its peak, and a launch takes 5 us to start
}

TEST(Simulate, RefusesShapesItCannotRunAndNamesThem) {
  for (const GemmShape& shape : {GemmShape{0, 64, 8},
                                 {64, -1, 8},
                                 {64, 64, 0},
                                 {std::int64_t{1} << 40, 64, 8},
                                 {std::int64_t{1} << 20, std::int64_t{1} << 20, 8}}) {
    EXPECT_THROW(run("a100-sxm-40g", "w6a16", shape), Error) << shape.m << " " << shape.k << " " << shape.n;
  }
}

TEST(Simulate, IndivisibleShapesArePaddedAndSaySo) {
  EXPECT_TRUE(run("a100-sxm-40g", "w6a16", {1024, 1024, 8}).padding.empty());
  EXPECT_FALSE(run("a100-sxm-40g", "w6a16", {1000, 1001, 3}).padding.empty());
}

TEST(Simulate, AKernelTheGpuCannotHoldNamesTheLimit) {
  KernelDescription kernel = load_kernel("w6a16");
  for (TileOption& tile : kernel.tiles) tile.shared_bytes = 300 * 1024;
  try {
    simulate_gemm(load_gpu("v100-sxm"), kernel, load_design("simt"), {1024, 1024, 8});
    FAIL() << "a CTA of 300 KB ran on a V100";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("shared memory"), std::string::npos) << error.what();
  }
}

TEST(Simulate, AreaAndEnergyOfAPlaceComeFromTheSynthesisedUnit) {
  const UnitCost cost = unit_cost("e3m2-l64d2");
  ASSERT_GT(cost.gate_equivalents_per_lane, 0);
  for (const auto* place : {"operand", "smem", "copy", "l2", "memctrl"}) {
    const DesignDescription design = load_design(place);
    EXPECT_DOUBLE_EQ(design.area_um2, cost.gate_equivalents_per_lane * design.lanes * 0.798) << place;
    EXPECT_EQ(design.energy_pj_per_weight, cost.energy_pj_per_weight) << place;
  }
  EXPECT_EQ(load_design("simt").area_um2, 0);
  EXPECT_THROW(unit_cost("e3m2-l64d9"), Error);
  EXPECT_THROW(unit_cost("table-l1"), Error);  // never weighed for energy
}

}  // namespace
}  // namespace fp6sim::sim
