#include "sim/functional/functional_gemm.h"

#include <string>

#include "emu/error.h"
#include "emu/packing/linear.h"
#include "sim/functional/reduction_arithmetic.h"
#include "sim/kernel/fused_reduction.h"

namespace fp6sim::sim {

void check_functional_limits(const GemmShape& shape) {
  const std::string text = "functional mode: a GEMM of " + std::to_string(shape.m) + " x " +
                           std::to_string(shape.k) + " weights and batch " + std::to_string(shape.n);
  constexpr std::int64_t kLargestSide = 1 << 20;
  for (const std::int64_t side : {shape.m, shape.k, shape.n}) {
    if (side < 1 || side > kLargestSide) throw Error(text + ": expected 1 to 2^20 of each");
  }
  if (shape.m * shape.k > kMostFunctionalWeights)
    throw Error(text + ": at most 2^26 weights, it multiplies them one instruction at a time");
  if (shape.m * shape.k * shape.n > kMostFunctionalProducts)
    throw Error(text + ": at most 2^33 products, it multiplies them one instruction at a time");
}

namespace {

/// One step of one block of zeros: what the unit does not take is refused before time passes.
void try_expansion(const WeightStorage& storage, Expansion& expansion) {
  const auto count = static_cast<std::size_t>(storage.block_rows) * kStepK;
  const emu::LinearSize size = emu::linear_size(storage.split, count);
  const std::vector<std::uint32_t> wide(size.wide_words), narrow(size.narrow_words);
  const std::vector<std::uint16_t> scales(static_cast<std::size_t>(storage.block_rows));
  const std::vector<std::uint8_t> zeros(storage.zero_points ? scales.size() : 0);
  std::vector<std::uint16_t> values(count);
  expansion.expand({storage.format, storage.zero_points, storage.split, wide, narrow,
                    static_cast<std::int64_t>(count), scales, zeros, kStepK},
                   values);
}

}  // namespace

void FunctionalGemm::begin(const GpuDescription& gpu, const KernelDescription& kernel,
                           const DesignDescription& design, const GemmPlan& plan, const std::string& split,
                           MemorySystem& memory, const std::vector<std::unique_ptr<Launch>>& launches) {
  check_functional_limits(plan.shape);
  if (kernel.split_rule == SplitRule::kStripes) {
    throw Error("functional mode: CTAs of kernel " + kernel.name +
                " add to each other's outputs, and the model does not make one wait for another; expected a "
                "kernel that splits K in parts or not at all");
  }
  const auto* joined = dynamic_cast<const FusedReductionLaunch*>(launches.front().get());
  const GemmLaunch& fused =
      joined != nullptr ? joined->gemm() : dynamic_cast<const GemmLaunch&>(*launches.front());
  plan_ = &plan;
  architecture_ = emu::architecture_by_name(gpu.architecture);
  tile_k_ = plan.tile.k;
  split_k_ = plan.split_k;
  half_partials_ = kernel.partial_bytes == 2;
  storage_ = weight_storage(kernel, plan, split);
  memory_ = &memory.carry_payloads();
  memory_->tap = tap;
  load_operands(storage_, plan, operands_, *memory_);
  expansion_ = std::make_unique<Expansion>(plan.unit);
  if (storage_.packed) try_expansion(storage_, *expansion_);
  const GemmArithmetic::Setting setting{architecture_, design.placement, kernel.partial_bytes};
  std::unique_ptr<LaunchArithmetic> multiplies =
      std::make_unique<GemmArithmetic>(fused, plan, storage_, *expansion_, setting, relocation_fault);
  if (joined != nullptr) multiplies = std::make_unique<JoinedArithmetic>(std::move(multiplies), kernel, plan);
  arithmetic_.push_back(std::move(multiplies));
  if (launches.size() > 1) arithmetic_.push_back(std::make_unique<ReductionArithmetic>(kernel, plan));
  for (std::size_t i = 0; i < launches.size(); ++i) launches[i]->compute_with(arithmetic_.at(i).get());
}

void FunctionalGemm::end() {
  memory_->flush();
  output_.resize(static_cast<std::size_t>(plan_->shape.m * plan_->shape.n));
  memory_->read_dram(plan_->buffers.output, {reinterpret_cast<std::uint8_t*>(output_.data()),
                                             output_.size() * sizeof(std::uint16_t)});
}

}  // namespace fp6sim::sim
