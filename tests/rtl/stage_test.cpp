// The unit where sim places it: the C++ model and the Verilated RTL agree cycle for cycle and bit for bit.
#include <gtest/gtest.h>

#include <vector>

#include "app/rtl/verilated_stage.h"
#include "emu/error.h"
#include "emu/packing/linear.h"
#include "emu/rounding.h"
#include "sim/dequant_stage/timing_stage.h"
#include "sim/simulate.h"

namespace fp6sim::rtl {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed) {}
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(std::uint64_t{emu::stochastic_bits(seed_, count_++)} * bound >> 32);
  }

 private:
  std::uint64_t seed_, count_ = 0;
};

std::string text(const sim::BurstCycles& c) {
  return "in " + std::to_string(c.first_in) + ".." + std::to_string(c.last_in) + ", out " +
         std::to_string(c.first_out) + ".." + std::to_string(c.last_out);
}

// Bursts of every kind: alone, back to back, queued several deep, held back by their taker.
TEST(RtlStage, HasTheCyclesOfTheModel) {
  for (const int depth : {1, 2, 3, 4}) {
    const sim::StageParameters parameters{.lanes = 128, .depth = depth};
    Random random(static_cast<std::uint64_t>(depth));
    sim::TimingStage model(parameters);
    const auto rtl = make_verilated_stage(parameters);
    std::int64_t cycle = 0;
    for (int i = 0; i < 1500; ++i) {
      const std::uint32_t kind = random.below(4);
      sim::Burst burst;
      burst.beats = 1 + random.below(kind == 0 ? 3 : 12);
      burst.group_beats = kind == 1 ? burst.beats : 1 + random.below(5);
      burst.out_every = kind == 2 ? static_cast<int>(1 + random.below(4)) : 1;
      const sim::BurstCycles due = model.push(burst, cycle);
      const sim::BurstCycles actual = rtl->push(burst, cycle);
      ASSERT_EQ(due, actual) << "depth " << depth << " burst " << i << " of " << burst.beats
                             << " beats in groups of " << burst.group_beats << " every " << burst.out_every
                             << " from " << cycle << ": model " << text(due) << "; RTL " << text(actual);
      if (random.below(3) != 0) cycle += random.below(kind == 3 ? 40 : 8);
    }
  }
}

// One-burst-in-many-beats throughput: a beat a cycle, group boundaries included, and the latency once.
TEST(RtlStage, TakesABeatACycle) {
  for (const int depth : {1, 2, 3, 4}) {
    const auto rtl = make_verilated_stage({.lanes = 64, .depth = depth});
    const sim::BurstCycles c = rtl->push({.beats = 1000, .group_beats = 3}, 0);
    EXPECT_EQ(c.last_out - c.first_out, 999);
    EXPECT_EQ(c.first_out, 2 + std::min(depth, 3));
  }
}

TEST(RtlStage, GivesTheBitsOfTheModel) {
  Random random(7);
  for (const int depth : {1, 2, 3, 4}) {
    const sim::StageParameters parameters{.lanes = 64, .depth = depth};
    sim::TimingStage model(parameters);
    const auto rtl = make_verilated_stage(parameters);
    for (const char* name : {"e3m2", "e2m3", "e2m2", "e3m1", "e2m1", "int8", "int4"}) {
      const emu::Format& format = emu::format_by_name(name);
      for (const emu::SplitInfo& split : emu::kSplits) {
        if (!split.accepts(format.bits)) continue;
        const bool byte_ready = split.split == emu::Split::k4Plus2Byte;
        if (byte_ready && (depth == 1 || depth == 4)) continue;  // those models have fewer than 16 lanes
        for (const std::int64_t group : {16, 48, 128, 100000}) {
          const std::int64_t count = byte_ready ? 400 : 389;
          std::vector<std::uint8_t> codes(static_cast<std::size_t>(count));
          for (auto& code : codes) code = static_cast<std::uint8_t>(random.below(1u << format.bits));
          const auto groups = static_cast<std::size_t>((count - 1) / group + 1);
          std::vector<std::uint16_t> scales(groups);
          std::vector<std::uint8_t> zeros(groups);
          for (auto& scale : scales) scale = static_cast<std::uint16_t>(random.below(0x10000));
          for (auto& zero : zeros) zero = static_cast<std::uint8_t>(random.below(16));
          const emu::PackedCodes packed = emu::pack_linear(split.split, codes);
          const bool zero_point = format.name == "int4" && random.below(2) == 0;
          const bool bfloat = random.below(2) == 0;
          const sim::WeightBits weights{&format, zero_point, split.split, packed.wide, packed.narrow,
                                        count,   scales,     zeros,       group};
          std::vector<std::uint16_t> due(codes.size(), 0xDEAD), actual(codes.size(), 0xBEEF);
          model.dequantise(weights, bfloat, due);
          rtl->dequantise(weights, bfloat, actual);
          ASSERT_EQ(due, actual) << name << " " << split.name << " depth " << depth << " group " << group;
        }
      }
    }
  }
}

// The whole simulator with either: the same cycles, the same shares, the same counters.
class RtlStageInTheLoop : public ::testing::TestWithParam<const char*> {};

TEST_P(RtlStageInTheLoop, AGemmTakesTheSameTimeWithEither) {
  const sim::GpuDescription gpu = sim::load_gpu("a100-sxm-80g");
  sim::DesignDescription design = sim::load_design(GetParam());
  sim::RunOptions options;
  options.rtl_unit = make_verilated_stage;
  for (const char* kernel_name : {"w6a16", "w4a16-g128"}) {
    const sim::KernelDescription kernel = sim::load_kernel(kernel_name);
    const sim::GemmShape shape{2048, 1024, 8};
    design.model = sim::UnitModel::kTiming;
    const sim::GemmResult model = simulate_gemm(gpu, kernel, design, shape, options);
    design.model = sim::UnitModel::kRtl;
    const sim::GemmResult rtl = simulate_gemm(gpu, kernel, design, shape, options);
    EXPECT_EQ(model.cycles, rtl.cycles) << kernel_name;
    EXPECT_EQ(model.time_us, rtl.time_us) << kernel_name;
    for (std::size_t i = 0; i < model.stack.size(); ++i) EXPECT_EQ(model.stack[i].share, rtl.stack[i].share);
    // The unit is on the critical way: without it the GEMM would be faster or as fast, never slower.
    sim::DesignDescription wide = design;
    wide.model = sim::UnitModel::kTiming;
    wide.lanes = 4;
    EXPECT_GT(simulate_gemm(gpu, kernel, wide, shape, options).cycles, model.cycles)
        << kernel_name << ": a unit of 4 lanes costs nothing, so none is in the loop";
  }
}

INSTANTIATE_TEST_SUITE_P(Placements, RtlStageInTheLoop,
                         ::testing::Values("operand", "smem", "copy", "l2", "memctrl"));

TEST(RtlStage, RefusesWhatIsNotBuilt) {
  EXPECT_THROW(make_verilated_stage({.lanes = 100, .depth = 2}), Error);
  EXPECT_THROW(make_verilated_stage({.lanes = 32, .depth = 5}), Error);
  sim::DesignDescription design = sim::load_design("operand");
  design.model = sim::UnitModel::kRtl;
  design.lanes = 50;
  sim::RunOptions options;
  options.rtl_unit = make_verilated_stage;
  EXPECT_THROW(
      simulate_gemm(sim::load_gpu("a100-sxm-80g"), sim::load_kernel("w6a16"), design, {256, 256, 1}, options),
      Error);
  try {
    simulate_gemm(sim::load_gpu("a100-sxm-80g"), sim::load_kernel("w6a16"), design, {256, 256, 1});
    FAIL() << "no RTL unit was given, yet it ran";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Verilator"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace fp6sim::rtl
