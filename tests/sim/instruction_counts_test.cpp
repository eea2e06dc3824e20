// What expanding a weight takes: by arrangement, activations and architecture, from the kernel's description.
#include "sim/description/instruction_counts.h"

#include <gtest/gtest.h>

#include "emu/error.h"
#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {
namespace {

constexpr GemmShape kShape{512, 1024, 8};

GemmPlan plan_of(const KernelDescription& kernel, const std::string& split, const std::string& gpu,
                 const std::string& design = "simt") {
  RunOptions options;
  options.split = split;
  return plan_gemm(load_gpu(gpu), kernel, load_design(design), kShape, options);
}

std::string complaint(const KernelDescription& kernel, const std::string& split) {
  try {
    plan_of(kernel, split, "a100-sxm-80g");
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(InstructionCounts, ASplitChangesTheInstructionsByItsCountsAlone) {
  const KernelDescription kernel = load_kernel("w6a16");
  constexpr double kWarpWeights = 512.0 * 1024 / 32;
  for (const char* gpu : {"a100-sxm-80g", "h100-sxm"}) {
    const std::string architecture = load_gpu(gpu).architecture;
    const auto sum = [&](const std::string& split) {
      const ExpansionCounts* counts = kernel.counted.expansion(split, "fp16", architecture);
      return counts->integer + counts->half2 + counts->convert;
    };
    const double own = plan_of(kernel, "", gpu).instructions;
    EXPECT_EQ(plan_of(kernel, "4+2-byte", gpu).instructions, own);
    for (const char* split : {"4+2", "2+4", "2+4-released", "packed6"}) {
      EXPECT_NEAR(plan_of(kernel, split, gpu).instructions - own,
                  (sum(split) - sum("4+2-byte")) * kWarpWeights, 1e-6)
          << split;
      EXPECT_GT(sum(split), sum("4+2-byte"));
    }
    // A byte a weight: more of shared memory is read too, 16 bytes a lane and instruction.
    EXPECT_NEAR(plan_of(kernel, "padded8", gpu).instructions - own,
                (sum("padded8") - sum("4+2-byte")) * kWarpWeights + 512.0 * 1024 * 2 / 8 / 512, 1e-6);
  }
}

TEST(InstructionCounts, ActivationsAndArchitectureHaveTheirOwn) {
  KernelDescription kernel = load_kernel("w6a16");
  const double half = plan_of(kernel, "", "a100-sxm-80g").instructions;
  kernel.activations = "bf16";
  EXPECT_GT(plan_of(kernel, "", "a100-sxm-80g").instructions, half);
  EXPECT_EQ(complaint(kernel, "4+2").find("kernel w6a16: the instructions that expand split '4+2' with bf16"),
            0u)
      << complaint(kernel, "4+2");
  // E2M3 is read as E4M3 from Hopper on.
  const InstructionCounts& e2m3 = load_kernel("w6a16-e2m3").counted;
  EXPECT_EQ(e2m3.expansion("4+2-byte", "fp16", "ada"), e2m3.expansion("4+2-byte", "fp16", "volta"));
  EXPECT_EQ(e2m3.expansion("4+2-byte", "fp16", "ada")->convert, 0);
  EXPECT_GT(e2m3.expansion("4+2-byte", "fp16", "blackwell")->convert, 0);
}

TEST(InstructionCounts, WhatNobodyCountedIsRefusedUnlessAUnitExpands) {
  const KernelDescription theirs = load_kernel("tc-fpx-w6a16");
  EXPECT_EQ(plan_of(theirs, "2+4", "a100-sxm-80g").instructions,
            plan_of(theirs, "", "a100-sxm-80g").instructions);
  for (const char* split : {"4+2", "4+2-byte", "packed6", "padded8"}) {
    EXPECT_NE(complaint(theirs, split).find("not known, only those of 2+4"), std::string::npos)
        << complaint(theirs, split);
    EXPECT_GT(plan_of(theirs, split, "a100-sxm-80g", "smem").instructions, 0);
  }
  EXPECT_NE(complaint(theirs, "4+3").find("unknown split '4+3'"), std::string::npos);
  // Whole words have nothing to arrange.
  for (const char* kernel : {"cublas-fp16", "trtllm-w8a16", "w4a16-g128", "w8a16"})
    EXPECT_EQ(complaint(load_kernel(kernel), "4+2"), "nothing") << kernel;
}

TEST(InstructionCounts, FiveBitsTakeSixBitsNames) {
  EXPECT_EQ(arrangement(5, "4+2"), "4+1");
  EXPECT_EQ(arrangement(5, "1+4"), "1+4");
  EXPECT_EQ(arrangement(6, "packed6"), "packed6");
  EXPECT_EQ(segment_bits("2+4"), (std::vector{2, 4}));
  EXPECT_EQ(segment_bits("4+2-byte"), (std::vector{4, 2}));
  EXPECT_EQ(segment_bits("padded8"), std::vector{8});
  EXPECT_THROW(arrangement(6, "4+1"), Error);
}

}  // namespace
}  // namespace fp6sim::sim
