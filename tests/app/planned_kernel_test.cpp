// The simulator runs our kernels with the tile and the split that the kernels' own chooser takes.
#include "app/plan/planned_kernel.h"

#include <gtest/gtest.h>

#include <set>

#include "app/plan/kernel_gpu.h"
#include "app/point/evaluate.h"
#include "kernels/gemm.h"
#include "sim/kernel/launch_plan.h"

namespace fp6sim::app {
namespace {

Point point_of(const std::string& gpu, const std::string& kernel, sim::GemmShape shape) {
  Point point;
  point.gpu = gpu;
  point.kernel = kernel;
  point.shape = shape;
  return point;
}

sim::GemmPlan plan_of(const Point& point, const Inputs& inputs) {
  sim::RunOptions options;
  options.split = point.split;
  return sim::plan_gemm(inputs.gpu, inputs.kernel, inputs.design, point.shape, options);
}

TEST(PlannedKernel, BothChoosersAgreeOnEveryShape) {
  InputCache cache;
  int compared = 0, split = 0;
  for (const char* kernel : {"w6a16", "w6a16-e2m3", "w6a16-g128", "w5a16", "w4a16-g128", "w8a16"}) {
    for (const char* gpu : {"a100-sxm-40g", "h100-sxm", "h200", "rtx4090", "l40s"}) {
      for (const sim::GemmShape& matrix :
           {sim::GemmShape{22016, 8192, 0}, sim::GemmShape{8192, 22016, 0}, sim::GemmShape{5120, 5120, 0},
            sim::GemmShape{1024, 4096, 0}, sim::GemmShape{256, 128, 0}, sim::GemmShape{49152, 12288, 0},
            sim::GemmShape{1000, 1152, 0}}) {
        for (const std::int64_t batch : {1, 8, 9, 16, 32, 33, 64, 100, 128, 512}) {
          const sim::GemmShape shape{matrix.m, matrix.k, batch};
          const Point point = point_of(gpu, kernel, shape);
          const Inputs inputs = cache.inputs(point);
          kernels::Plan expected;
          ASSERT_TRUE(kernels::choose_plan(kernels::kernel_by_name(kernel), {shape.m, shape.k, shape.n},
                                           kernel_gpu(inputs.gpu), expected)
                          .ok());
          const sim::GemmPlan plan = plan_of(point, inputs);
          const std::string where = std::string(kernel) + " " + gpu + " " + point_text(point);
          EXPECT_EQ(plan.tile.m, expected.tile_m) << where;
          EXPECT_EQ(plan.tile.n, expected.tile_n) << where;
          EXPECT_EQ(plan.tile.k, expected.tile_k) << where;
          EXPECT_EQ(plan.tile.stages, expected.stages) << where;
          EXPECT_EQ(plan.tile.threads, expected.threads) << where;
          EXPECT_EQ(plan.tile.shared_bytes, static_cast<int>(expected.shared_bytes)) << where;
          EXPECT_EQ(plan.split_k, expected.splits) << where;
          EXPECT_EQ(plan.m_tiles * plan.n_tiles * plan.split_k, expected.ctas()) << where;
          EXPECT_GT(plan.ctas_per_sm, 0) << where;
          ++compared;
          if (expected.splits > 1) ++split;
        }
      }
    }
  }
  EXPECT_EQ(compared, 6 * 5 * 7 * 10);
  EXPECT_GT(split, 100);  // shapes that split K are among them
}

TEST(PlannedKernel, OtherKernelsGpusAndOverriddenTilesKeepTheirDescription) {
  const sim::GemmShape shape{8192, 8192, 8};
  InputCache cache;
  const auto first_tile = [&](const Point& point) { return cache.inputs(point).kernel.tiles.at(0); };
  const sim::TileOption described = sim::load_kernel("w6a16").tiles.at(0);
  EXPECT_EQ(cache.inputs(point_of("a100-sxm-40g", "tc-fpx-w6a16", shape)).kernel.tiles.size(),
            sim::load_kernel("tc-fpx-w6a16").tiles.size());
  EXPECT_EQ(first_tile(point_of("v100-sxm", "w6a16", shape)).m, described.m);
  Point overridden = point_of("a100-sxm-40g", "w6a16", shape);
  overridden.overrides["kernel.tiles[0].stages"] = 3;
  EXPECT_EQ(first_tile(overridden).stages, 3);
}

TEST(PlannedKernel, EveryLayerOfAStepHasItsOwn) {
  InputCache cache;
  Point step;
  step.gpu = "h100-sxm";
  step.step = "llama-7b";
  step.shape.n = 64;
  step.warm_l2 = true;
  const sim::StepResult result = simulate_step(step, cache.inputs(step));
  std::set<std::string> plans;
  for (const sim::StepLayer& layer : result.layers) {
    kernels::Plan expected;
    ASSERT_TRUE(kernels::choose_plan(kernels::kernel_by_name("w6a16"),
                                     {layer.shape.m, layer.shape.k, layer.shape.n},
                                     kernel_gpu(sim::load_gpu("h100-sxm")), expected)
                    .ok());
    // sum.ctas and split_k are those of one GEMM
    EXPECT_EQ(layer.sum.split_k, expected.splits) << layer.label;
    EXPECT_EQ(layer.sum.tile, std::to_string(expected.tile_m) + "x" + std::to_string(expected.tile_k) + "x" +
                                  std::to_string(expected.tile_n))
        << layer.label;
    plans.insert(layer.sum.tile + " " + std::to_string(layer.sum.split_k));
  }
  EXPECT_GT(plans.size(), 1u);
}

TEST(PlannedKernel, TheStoredKeyKnowsThePlan) {
  InputCache cache;
  const Point point = point_of("a100-sxm-40g", "w6a16", {8192, 8192, 8});
  const Inputs planned = cache.inputs(point);
  Inputs described = planned;
  sim::KernelDescription kernel = sim::load_kernel("w6a16");
  const std::string plan =
      apply_plan(point.kernel, point.split, point.shape, planned.gpu, planned.design, kernel);
  ASSERT_FALSE(plan.empty());
  described.fingerprints.resize(described.fingerprints.size() - plan.size());
  EXPECT_EQ(described.fingerprints + plan, planned.fingerprints);
  EXPECT_NE(key_of(point, planned), key_of(point, described));
}

}  // namespace
}  // namespace fp6sim::app
