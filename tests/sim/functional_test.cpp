// Functional mode: every kernel, design and kind of shape gives emu's GEMM bit for bit, and takes the time it
// takes without data.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "app/functional/functional_check.h"
#include "emu/error.h"
#include "sim/functional/functional_gemm.h"
#include "sim/functional/random_operands.h"

namespace fp6sim::sim {
namespace {

struct Case {
  std::string gpu = "a100-sxm-40g", kernel = "w6a16", design = "simt";
  GemmShape shape{256, 256, 8};
  RunOptions options{};
  bool last_cta_adds = false;  // as our kernels do, and their plans say
};

std::string text_of(const Case& run) {
  return run.gpu + " " + run.kernel + " " + run.design + " " + std::to_string(run.shape.m) + "x" +
         std::to_string(run.shape.k) + " batch " + std::to_string(run.shape.n) + " split '" +
         run.options.split + "'" + (run.options.warm_l2 ? " warm" : "") + (run.options.exact ? " exact" : "");
}

void expect_exact(Case run) {
  KernelDescription kernel = load_kernel(run.kernel);
  kernel.reduction_in_kernel = run.last_cta_adds;
  const GemmOperands operands = random_operands(kernel, run.shape, 7);
  FunctionalGemm functional(operands);
  const GemmResult timing =
      simulate_gemm(load_gpu(run.gpu), kernel, load_design(run.design), run.shape, run.options);
  run.options.functional = &functional;
  const GemmResult result =
      simulate_gemm(load_gpu(run.gpu), kernel, load_design(run.design), run.shape, run.options);
  EXPECT_EQ(result.cycles, timing.cycles) << text_of(run);
  const auto check = app::compare_outputs(
      run.shape, app::expected_output(kernel, run.shape, operands, functional), functional.output());
  EXPECT_EQ(check.compared, run.shape.m * run.shape.n);
  EXPECT_EQ(check.mismatches, 0) << text_of(run) << ": " << app::describe(*check.first);
}

TEST(Functional, EveryKernelOnRaggedShapes) {
  for (const std::string& kernel : kernel_names()) {
    if (load_kernel(kernel).split_rule == SplitRule::kStripes) continue;  // refused, below
    expect_exact({.kernel = kernel, .shape = {200, 300, 3}});
    expect_exact({.kernel = kernel, .shape = {129, 1100, 17}});  // splits K where the kernel does
  }
}

TEST(Functional, TheLastCtaAddsWhatAllHaveWritten) {
  for (const char* gpu : {"a100-sxm-40g", "h100-sxm"}) {
    for (const char* kernel : {"w6a16", "w4a16-g128-zp", "tc-fpx-w6a16", "cublas-fp16"}) {
      for (const std::int64_t batch : {1, 17})
        expect_exact({.gpu = gpu, .kernel = kernel, .shape = {600, 2100, batch}, .last_cta_adds = true});
    }
  }
}

TEST(Functional, EveryPlacementOfTheExpansion) {
  for (const std::string& design : design_names()) {
    for (const char* kernel : {"w6a16", "w6a16-e2m3", "w5a16", "w8a16", "w4a16-g128-zp", "cublas-fp16"})
      expect_exact({.kernel = kernel, .design = design, .shape = {192, 520, 5}});
  }
}

TEST(Functional, EveryGpuAndItsTensorCore) {
  for (const std::string& gpu : gpu_names()) expect_exact({.gpu = gpu, .shape = {130, 1040, 9}});
  expect_exact({.gpu = "h100-sxm", .kernel = "cublas-fp16", .shape = {130, 200, 9}});
  expect_exact({.gpu = "v100-sxm", .kernel = "tc-fpx-w6a16", .shape = {130, 200, 9}});
}

TEST(Functional, BatchesFromOneToOneHundredAndThirty) {
  for (const std::int64_t batch : {1, 2, 7, 8, 16, 31, 33, 64, 65, 100, 127, 128, 129, 130})
    expect_exact({.shape = {136, 176, batch}});
  for (const std::int64_t batch : {1, 65, 130}) {
    for (const char* kernel : {"tc-fpx-w6a16", "trtllm-w4a16-fine", "trtllm-w8a16", "cublas-fp16"})
      expect_exact({.kernel = kernel, .shape = {136, 176, batch}});
  }
}

TEST(Functional, ShapesOfOneAndBeyondATile) {
  for (const GemmShape& shape : {GemmShape{1, 1, 1}, {1, 700, 2}, {65, 16, 1}, {127, 17, 3}, {513, 15, 1}})
    expect_exact({.kernel = "w4a16-g128-zp", .shape = shape});
}

TEST(Functional, EveryArrangementOfTheWeightsBits) {
  for (const char* split : {"4+2", "2+4", "4+2-byte", "packed6", "padded8"}) {
    RunOptions options;
    options.split = split;
    for (const char* kernel : {"w6a16", "w6a16-g128", "w5a16"}) {
      for (const char* design : {"simt", "smem"})
        expect_exact({.kernel = kernel, .design = design, .shape = {128, 144, 2}, .options = options});
    }
  }
}

TEST(Functional, WarmAndColdExactAndNot) {
  for (const bool warm : {false, true}) {
    for (const bool exact : {false, true}) {
      RunOptions options;
      options.warm_l2 = warm;
      options.exact = exact;
      expect_exact({.shape = {300, 1200, 6}, .options = options});
      expect_exact(
          {.kernel = "tc-fpx-w5a16", .design = "memctrl", .shape = {300, 500, 6}, .options = options});
    }
  }
}

/// Data cannot travel as joined pieces do in long runs (sim/memory_path/pieces.h): those are what other
/// stages need. So nothing functional mode takes may join any.
TEST(Functional, RowMajorWeightsTakeTheTimeTheyTakeWithoutData) {
  for (const char* kernel : {"cublas-fp16", "trtllm-w8a16", "trtllm-w4a16-fine"})
    expect_exact({.kernel = kernel, .shape = {1024, 2048, 8}});
  for (const std::string& gpu : gpu_names()) {
    for (const std::string& kernel : kernel_names()) {
      for (const GemmShape& shape :
           {GemmShape{8192, 8192, 128}, GemmShape{1 << 20, 64, 1}, {1024, 1024, 8192}}) {
        const GemmPlan plan = plan_gemm(load_gpu(gpu), load_kernel(kernel), load_design("simt"), shape, {});
        EXPECT_EQ(plan.transactions.together, 0u) << gpu << " " << kernel;
      }
    }
  }
}

/// An L2 of a few lines: partial sums and outputs are evicted, filled again, and lines are fetched many
/// times.
TEST(Functional, AnL2ThatHoldsNothingForLong) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.l2.ways = 2;
  gpu.l2.size_bytes = gpu.l2.slices * gpu.l2.ways * 512.0;
  constexpr GemmShape kShape{512, 2048, 20};
  const KernelDescription kernel = load_kernel("w6a16-g128");
  const GemmOperands operands = random_operands(kernel, kShape, 5);
  for (const char* mapping : {"hashed", "low", "high"}) {
    for (const bool exact : {false, true}) {
      gpu.dram.mapping = mapping;
      FunctionalGemm functional(operands);
      std::uint64_t written_back = 0, filled = 0;
      functional.tap = [&](InFlight& payload) {
        if (payload.leg == Leg::kWriteBack) written_back += payload.bytes.size();
        if (payload.leg == Leg::kFill) filled += payload.bytes.size();
      };
      RunOptions options;
      options.exact = exact;
      options.functional = &functional;
      simulate_gemm(gpu, kernel, load_design("simt"), kShape, options);
      EXPECT_GT(written_back, 100'000u) << mapping;
      EXPECT_GT(filled, 1'000'000u) << mapping;
      const auto check = app::compare_outputs(
          kShape, app::expected_output(kernel, kShape, operands, functional), functional.output());
      EXPECT_EQ(check.mismatches, 0) << mapping << ": " << app::describe(*check.first);
    }
  }
}

TEST(Functional, SpecialValuesPassUnchanged) {
  const GemmShape shape{64, 64, 4};
  const KernelDescription kernel = load_kernel("cublas-fp16");
  GemmOperands operands = random_operands(kernel, shape, 9);
  operands.weights[5] = 0x7C00;                // infinity
  operands.weights[64 + 7] = 0x7E01;           // a NaN
  operands.weights[128 + 9] = 0x0001;          // a subnormal
  operands.activations[3 * 64 + 11] = 0xFC00;  // -infinity
  operands.weights[192 + 11] = 0x0000;         // times it: NaN
  FunctionalGemm functional(operands);
  RunOptions options;
  options.functional = &functional;
  simulate_gemm(load_gpu("h100-sxm"), kernel, load_design("simt"), shape, options);
  EXPECT_EQ(functional.output(), app::expected_output(kernel, shape, operands, functional));
  EXPECT_EQ(functional.output()[1], 0x7FFF);
}

TEST(Functional, WhatCannotBeRunIsRefusedBeforeTimePasses) {
  const auto refused = [](const KernelDescription& kernel, const GemmShape& shape, GemmOperands operands,
                          const std::string& design, const std::string& part) {
    FunctionalGemm functional(std::move(operands));
    RunOptions options;
    options.functional = &functional;
    try {
      simulate_gemm(load_gpu("a100-sxm-40g"), kernel, load_design(design), shape, options);
      ADD_FAILURE() << "ran: " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  const KernelDescription kernel = load_kernel("w6a16");
  const GemmShape shape{64, 64, 1};
  refused(kernel, {8192, 16384, 1}, {}, "simt", "2^26");
  refused(kernel, {8192, 8192, 256}, {}, "simt", "2^33");
  GemmOperands operands = random_operands(kernel, shape, 1);
  operands.weights.pop_back();
  refused(kernel, shape, operands, "simt", "4095 weights");
  operands.weights.push_back(64);
  refused(kernel, shape, operands, "simt", "code 64 at index 4095");
  KernelDescription odd = kernel;
  odd.weights.segments = {3, 3};
  refused(odd, shape, random_operands(kernel, shape, 1), "simt", "3+3");
  odd = kernel;
  const KernelDescription striped = load_kernel("marlin-w4a16-g128");
  refused(striped, {256, 256, 1}, random_operands(striped, {256, 256, 1}, 1), "simt", "wait");
  odd.weights.group = 40;
  refused(odd, shape, random_operands(odd, shape, 1), "simt", "multiple of 16");
  odd = kernel;
  odd.weights.block_rows = 512;
  refused(odd, shape, random_operands(odd, shape, 1), "simt", "blocks of 512");
  odd = kernel;
  odd.weights.format = "int6";  // no unit has it
  refused(odd, shape, random_operands(odd, shape, 1), "operand", "int6");
}

/// No two addresses share a place: what AddressMap promises, and what functional mode leans on.
TEST(Functional, EveryAddressHasAPlaceOfItsOwn) {
  for (const std::string& name : gpu_names()) {
    for (const char* mapping : {"hashed", "low", "high"}) {
      GpuDescription gpu = load_gpu(name);
      gpu.dram.mapping = mapping;
      constexpr std::uint64_t kSpan = 8 << 20;
      const AddressMap map(gpu.dram, gpu.l2.slices, kSpan);
      std::set<std::array<std::uint32_t, 4>> places;
      for (std::uint64_t address = 0; address < kSpan; address += 512) {
        const Place place = map.place(address);
        EXPECT_LE(map.column(address) + 512, map.page_bytes());
        EXPECT_EQ(map.column(address + 100), map.column(address) + 100);
        EXPECT_TRUE(places.insert({place.channel, place.bank, place.row, map.column(address)}).second)
            << name << " " << mapping << " " << address;
      }
    }
  }
}

}  // namespace
}  // namespace fp6sim::sim
