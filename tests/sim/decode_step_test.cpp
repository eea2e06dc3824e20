// Whole decode steps: what lies in the L2 from one layer to the next, and that alike layers may be simulated
// once.
#include "sim/decode_step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "emu/error.h"
#include "tests/sim/counters.h"

namespace fp6sim::sim {
namespace {

WorkloadLayer layer(const std::string& name, std::int64_t m, std::int64_t k, std::int64_t count,
                    std::int64_t repeat) {
  WorkloadLayer made;
  made.block = "decoder";
  made.name = made.label = name;
  made.m = m;
  made.k = k;
  made.count = count * repeat;
  made.repeat = repeat;
  return made;
}

/// LLaMA's layers at a hidden size of 1024: 9.5 MB of six-bit weights a transformer layer.
Workload small_model(std::int64_t repeat) {
  return {"small",
          "",
          {layer("qkv", 3072, 1024, 1, repeat), layer("attn_out", 1024, 1024, 1, repeat),
           layer("gate_or_up", 2816, 1024, 2, repeat), layer("down", 1024, 2816, 1, repeat)}};
}

StepResult step_of(const GpuDescription& gpu, const Workload& workload, std::int64_t batch,
                   const StepOptions& options = {}, const std::string& kernel = "w6a16") {
  return simulate_step(gpu, load_kernel(kernel), load_design("simt"), workload, batch, options);
}

TEST(DecodeStep, LayersAddUpToTheStep) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const StepResult step = step_of(gpu, small_model(3), 8);
  ASSERT_EQ(step.layers.size(), 4u);
  EXPECT_EQ(step.gemms, 15);
  EXPECT_EQ(step.simulated_gemms, 15);
  double time = 0, shares = 0, bytes = 0, repetitions = 0;
  for (const StepLayer& l : step.layers) {
    time += l.sum.time_us;
    bytes += static_cast<double>(l.sum.dram_bytes);
  }
  for (const auto& entry : step.total.stack) shares += entry.share;
  for (const double us : step.repetition_us) repetitions += us;
  EXPECT_NEAR(time, step.total.time_us, 1e-9 * time);
  EXPECT_NEAR(repetitions, step.total.time_us, 1e-9 * time);
  EXPECT_EQ(bytes, static_cast<double>(step.total.dram_bytes));
  EXPECT_NEAR(shares, 1, 1e-9);
  EXPECT_EQ(step.repetition_us.size(), 3u);
  EXPECT_EQ(step.layers[2].count, 6);
  EXPECT_NEAR(step.tokens_per_s, 8e6 / step.total.time_us, 1e-6);
  EXPECT_EQ(counter(step.total, "tensor_fma"), 8.0 * 3 * 1024 * (3072 + 1024 + 3 * 2816));
  EXPECT_EQ(step_of(gpu, small_model(3), 8).total.cycles, step.total.cycles);  // the same every time
}

TEST(DecodeStep, LaunchesFollowEachOtherWithoutTheFirstOnesDelay) {
  // In a cold L2 the step is its GEMMs one by one, less what a first launch waits more than a following one,
  // and less what a layer finds of its input.
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const Workload model = small_model(2);
  StepOptions first;
  first.first_step = true;
  const StepResult step = step_of(gpu, model, 1, first);
  double apart = 0;
  for (const WorkloadLayer& l : model.layers) {
    apart += static_cast<double>(l.count) *
             simulate_gemm(gpu, load_kernel("w6a16"), load_design("simt"), {l.m, l.k, 1}).time_us;
  }
  const double saved = 9 * (gpu.launch.first_us - gpu.launch.dependent_us);
  EXPECT_NEAR(step.total.time_us, apart - saved, 0.03 * apart);
}

TEST(DecodeStep, AModelThatFitsTheL2StaysThere) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  StepOptions first;
  first.first_step = true;
  const StepResult cold = step_of(gpu, small_model(2), 4, first), kept = step_of(gpu, small_model(2), 4);
  EXPECT_GT(counter(cold.total, "dram_read_bytes"), 0.99 * static_cast<double>(cold.weight_bytes));
  EXPECT_LT(counter(kept.total, "dram_read_bytes"), 0.05 * static_cast<double>(kept.weight_bytes));
  EXPECT_LT(kept.total.time_us, cold.total.time_us);
  EXPECT_EQ(kept.total.floor_us, 0);
}

TEST(DecodeStep, ALargeModelFindsNothingOfItsWeights) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.l2.size_bytes /= 16;
  StepOptions first;
  first.first_step = true;
  const StepResult cold = step_of(gpu, small_model(12), 4, first), later = step_of(gpu, small_model(12), 4);
  const auto weights = static_cast<double>(later.weight_bytes);
  EXPECT_GT(weights, 12 * gpu.l2.size_bytes);
  EXPECT_GE(counter(later.total, "dram_read_bytes"), 0.999 * weights);
  EXPECT_LE(counter(later.total, "dram_read_bytes"), 1.02 * weights);
  EXPECT_NEAR(later.total.time_us / cold.total.time_us, 1, 0.01);
  EXPECT_GE(later.total.time_us, later.total.floor_us);
}

TEST(DecodeStep, AlikeLayersAreSimulatedOnce) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.l2.size_bytes /= 8;
  for (const bool first_step : {false, true}) {
    StepOptions fast;
    fast.first_step = first_step;
    StepOptions every = fast;
    every.every_layer = true;
    const StepResult quick = step_of(gpu, small_model(24), 8, fast);
    const StepResult slow = step_of(gpu, small_model(24), 8, every);
    EXPECT_EQ(slow.simulated_gemms, 120);
    EXPECT_LE(quick.simulated_gemms, 45);
    EXPECT_NEAR(quick.total.time_us / slow.total.time_us, 1, 0.005);
    EXPECT_NEAR(static_cast<double>(quick.total.dram_bytes) / static_cast<double>(slow.total.dram_bytes), 1,
                0.005);
    EXPECT_NEAR(quick.total.energy_uj / slow.total.energy_uj, 1, 0.005);
    ASSERT_EQ(quick.repetition_us.size(), slow.repetition_us.size());
    for (std::size_t i = 0; i < quick.layers.size(); ++i)
      EXPECT_NEAR(quick.layers[i].sum.time_us / slow.layers[i].sum.time_us, 1, 0.02) << i;
  }
}

TEST(DecodeStep, ALayerReadsInTheL2WhatTheOneBeforeWrote) {
  // 1.4 MB of activations into "down", more than its weights' quarter: alone they come from DRAM.
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  constexpr std::int64_t kBatch = 256;
  const double activations = 2.0 * 2816 * kBatch;
  StepOptions first;
  first.first_step = true;
  const StepResult step = step_of(gpu, small_model(1), kBatch, first);
  const GemmResult alone =
      simulate_gemm(gpu, load_kernel("w6a16"), load_design("simt"), {1024, 2816, kBatch});
  const double in_step = counter(step.layers[3].sum, "dram_read_bytes");
  EXPECT_NEAR(counter(alone, "dram_read_bytes") - in_step, activations, 0.02 * activations);
  // gate and up both read what attn_out wrote.
  EXPECT_NEAR(counter(step.layers[2].sum, "dram_read_bytes"), counter(step.layers[2].sum, "weight_bytes"),
              0.01 * counter(step.layers[2].sum, "weight_bytes"));
}

TEST(DecodeStep, OutputsThatDoNotFitAreWrittenBack) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.l2.size_bytes /= 16;
  const StepResult step = step_of(gpu, small_model(6), 64);
  const double outputs = 2.0 * 64 * 6 * (3072 + 1024 + 2 * 2816 + 1024);
  EXPECT_GT(counter(step.total, "dram_write_bytes"), 0.5 * outputs);
  EXPECT_LE(counter(step.total, "dram_write_bytes"), 32 * counter(step.total, "l2_write_sectors"));
  const StepResult fits = step_of(load_gpu("a100-sxm-40g"), small_model(2), 64);
  EXPECT_LT(counter(fits.total, "dram_write_bytes"), 0.01 * outputs);
}

// A user's loop over one layer (fp6_llm issue 8, RTX 4070 Ti SUPER, 8192 x 8192, batch 1): cuBLAS 0.22 ms,
// FP6 0.024 ms, "9.15x". 48 MiB of six-bit weights in 48 MiB of L2, where FP16's 128 MiB do not fit and, read
// in the same order again and again, find nothing of themselves.
TEST(DecodeStep, AMatrixAsLargeAsTheL2InALoopLooksEightTimesFaster) {
  const GpuDescription gpu = load_gpu("rtx4070ti-super");
  const Workload loop{"loop", "", {layer("w", 8192, 8192, 1, 1)}};
  StepOptions cold;
  cold.first_step = true;
  const double half = step_of(gpu, loop, 1, {}, "cublas-fp16").total.time_us;
  const double six = step_of(gpu, loop, 1, {}, "tc-fpx-w6a16").total.time_us;
  EXPECT_NEAR(half, 220, 0.05 * 220);
  EXPECT_NEAR(six, 24, 0.2 * 24);
  EXPECT_NEAR(half / six, 9.15, 0.2 * 9.15);
  const double once = step_of(gpu, loop, 1, cold, "tc-fpx-w6a16").total.time_us;
  EXPECT_LT(step_of(gpu, loop, 1, cold, "cublas-fp16").total.time_us / once, 3.3);
}

// The same card and loop, 10240 x 8192: 60 MiB of six-bit weights, a quarter more than the L2, take 104.5 us
// (pytorch/ao#223), DRAM's whole rate: none of them is found again.
TEST(DecodeStep, AMatrixAQuarterLargerThanTheL2FindsNothingOfItself) {
  const GpuDescription gpu = load_gpu("rtx4070ti-super");
  const StepResult step = step_of(gpu, {"loop", "", {layer("w", 10240, 8192, 1, 1)}}, 1, {}, "tc-fpx-w6a16");
  EXPECT_GT(counter(step.total, "dram_read_bytes"), 0.98 * static_cast<double>(step.weight_bytes));
}

TEST(DecodeStep, LayersThatRunOncePerSequenceAreLeftOut) {
  const Workload bart = load_workload("bart-large");
  const StepResult step = step_of(load_gpu("a100-sxm-40g"), bart, 1);
  ASSERT_EQ(step.layers.size(), 6u);
  EXPECT_EQ(step.layers.front().label, "decoder.qkv");
  EXPECT_EQ(step.layers.back().label, "cross-attention.out");
  EXPECT_EQ(step.repetition_us.size(), 12u);
}

TEST(DecodeStep, BadStepsAreRefused) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const auto complaint = [&](const Workload& workload) -> std::string {
    try {
      step_of(gpu, workload, 1);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  Workload none{"none", "", {layer("encoder", 64, 64, 1, 1)}};
  none.layers.front().per_token = false;
  EXPECT_EQ(complaint(none), "workload none: no layer runs once per token");
  EXPECT_EQ(complaint({"many", "", {layer("a", 64, 64, 1024, 4096)}}),
            "workload many: a step of more than 100000 GEMMs");
  EXPECT_EQ(complaint({"wide", "", {layer("a", std::int64_t{1} << 21, 64, 1, 1)}}).substr(0, 9), "layer a: ");
  EXPECT_NE(complaint({"huge", "", {layer("a", 1 << 17, 1 << 17, 100, 1)}}).find("at most 1024"),
            std::string::npos);
}

}  // namespace
}  // namespace fp6sim::sim
