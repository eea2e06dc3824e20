// Every kernel, run on the CPU, gives the bits of emu's GEMM replay.
#include <gtest/gtest.h>

#include <random>

#include "emu/error.h"
#include "tests/kernels/replay.h"

namespace fp6sim::kernels {
namespace {

TEST(Quick, All) {
  const GemmShape shape{300, 200, 5};
  for (int cc : {80, 90}) {
    for (const KernelSpec& spec : kernel_specs()) {
      GemmShape own = shape;
      if (spec.group != 0) own.k = 384;
      Gpu gpu;
      gpu.compute_capability = cc;
      Plan plan;
      ASSERT_TRUE(choose_plan(spec, own, gpu, plan, 2).ok());
      HostProblem problem(spec, own, plan, 1);
      HostRun run;
      run.architecture = cc == 80 ? "ampere" : "hopper";
      run_on_host(problem.arguments(), run);
      EXPECT_EQ(first_difference(problem, run.architecture), "")
          << kernel_name(spec) << " " << emu::name(spec.split) << " " << cc;
    }
  }
}

}  // namespace
}  // namespace fp6sim::kernels
