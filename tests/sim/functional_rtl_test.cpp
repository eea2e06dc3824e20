// Functional mode with the Verilated unit at every place a unit can stand: weights pass through the RTL.
#include <gtest/gtest.h>

#include "app/functional/functional_check.h"
#include "app/rtl/verilated_stage.h"
#include "sim/functional/random_operands.h"

namespace fp6sim::sim {
namespace {

/// Counts what passes the real stage.
class CountingStage final : public DequantStage {
 public:
  CountingStage(std::unique_ptr<DequantStage> stage, std::int64_t& weights)
      : stage_(std::move(stage)), weights_(weights) {}
  BurstCycles push(const Burst& burst, std::int64_t cycle) override { return stage_->push(burst, cycle); }
  void dequantise(const WeightBits& bits, bool bfloat, std::span<std::uint16_t> out) override {
    weights_ += bits.count;
    stage_->dequantise(bits, bfloat, out);
  }

 private:
  std::unique_ptr<DequantStage> stage_;
  std::int64_t& weights_;
};

TEST(FunctionalRtl, WeightsPassTheVerilatedUnitAtEveryPlace) {
  constexpr GemmShape kShape{128, 192, 3};
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.sm.count = 4;  // each has a Verilated unit
  for (const char* place : {"operand", "smem", "copy", "l2", "memctrl"}) {
    for (const char* name : {"w6a16", "w5a16", "w4a16-g128-zp", "w8a16"}) {
      const KernelDescription kernel = load_kernel(name);
      DesignDescription design = load_design(place);
      design.model = UnitModel::kRtl;
      std::int64_t weights = 0;
      const GemmOperands operands = random_operands(kernel, kShape, 11);
      FunctionalGemm functional(operands);
      RunOptions options;
      options.functional = &functional;
      options.rtl_unit = [&](const StageParameters& parameters) {
        return std::make_unique<CountingStage>(rtl::make_verilated_stage(parameters), weights);
      };
      simulate_gemm(gpu, kernel, design, kShape, options);
      const std::int64_t tried =
          kernel.weights.block_rows * kStepK;  // one step of a block, before time passes
      EXPECT_EQ(weights, kShape.m * kShape.k + tried) << place << " " << name;
      const auto check = app::compare_outputs(
          kShape, app::expected_output(kernel, kShape, operands, functional), functional.output());
      EXPECT_EQ(check.mismatches, 0) << place << " " << name << ": " << app::describe(*check.first);
    }
  }
}

}  // namespace
}  // namespace fp6sim::sim
