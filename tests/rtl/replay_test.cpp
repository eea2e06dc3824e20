// A kernel's GEMM with weights from the Verilated unit: what `fp6sim verify --rtl` says of each kernel.
#include <gtest/gtest.h>

#include "app/verify/rtl_replay.h"
#include "kernels/host_run.h"

namespace fp6sim::app {
namespace {

kernels::HostProblem run_kernel(const char* name, const char* split, kernels::Activation activation,
                                const kernels::GemmShape& shape) {
  const kernels::KernelSpec spec = kernels::kernel_by_name(name, split, activation);
  kernels::Plan plan;
  const kernels::Status status = kernels::choose_plan(spec, shape, kernels::Gpu{}, plan, 2);
  EXPECT_TRUE(status.ok()) << status.message;
  kernels::HostProblem problem(spec, shape, plan, 3);
  kernels::run_on_host(problem.arguments(), {});
  return problem;
}

TEST(RtlReplay, TheUnitsWeightsGiveTheKernelsOutputs) {
  struct Case {
    const char *name, *split;
    kernels::Activation activation;
    std::int64_t k;
  };
  for (const Case& c : {Case{"w6a16", "4+2-byte", kernels::Activation::kFp16, 250},  // rows end within a word
                        Case{"w6a16", "2+4", kernels::Activation::kFp16, 256},
                        Case{"w6a16-e2m3", "4+2", kernels::Activation::kFp16, 100},
                        Case{"w5a16", "4+1", kernels::Activation::kFp16, 96},
                        Case{"w4a16-g32-zp", "packed4", kernels::Activation::kFp16, 96},
                        Case{"w4a16-g128-zp", "packed4", kernels::Activation::kBf16, 256},
                        Case{"w8a16", "padded8", kernels::Activation::kBf16, 72}}) {
    SCOPED_TRACE(std::string(c.name) + " " + c.split);
    const kernels::GemmShape shape{70, c.k, 5};
    const kernels::HostProblem problem = run_kernel(c.name, c.split, c.activation, shape);
    const RtlReplay result = rtl_replay(problem, emu::Architecture::kAmpere);
    EXPECT_EQ(result.weights, shape.m * shape.k);
    EXPECT_EQ(result.outputs, shape.m * shape.n);
    EXPECT_EQ(result.weight_mismatches + result.output_mismatches, 0) << result.first;
  }
}

TEST(RtlReplay, SeesOneWrongWeight) {
  kernels::HostProblem problem = run_kernel("w6a16", "4+2", kernels::Activation::kFp16, {64, 128, 3});
  problem.codes[5 * 128 + 17] ^= 0x20;  // a sign the kernel did not see
  const RtlReplay result = rtl_replay(problem, emu::Architecture::kAmpere);
  EXPECT_EQ(result.weight_mismatches, 0);
  EXPECT_EQ(result.output_mismatches, 3);  // row 5 of every token
  EXPECT_EQ(result.first.substr(0, 22), "output row 5 token 0: ") << result.first;
}

}  // namespace
}  // namespace fp6sim::app
