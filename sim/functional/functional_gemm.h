// Functional mode's front door: give it to simulate_gemm() and the run carries real bits.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/functional/gemm_arithmetic.h"
#include "sim/functional/operands.h"
#include "sim/memory_path/memory_system.h"

namespace fp6sim::sim {

/// Beyond these a run takes minutes: multiplying happens one instruction at a time.
inline constexpr std::int64_t kMostFunctionalWeights = std::int64_t{1} << 26;
inline constexpr std::int64_t kMostFunctionalProducts = std::int64_t{1} << 33;
/// Throws fp6sim::Error for a shape beyond them.
void check_functional_limits(const GemmShape& shape);

/// One run. Operands are packed into DRAM, every byte the arithmetic uses comes through the modelled path,
/// and the output is read back from DRAM after a final flush of the L2. Time is that of the same run without
/// it.
class FunctionalGemm {
 public:
  explicit FunctionalGemm(GemmOperands operands) : operands_(std::move(operands)) {}

  PayloadTap tap;                    ///< sees, and may alter, every payload in flight
  RelocationFault relocation_fault;  ///< alters requests of CTAs; warming the L2 does not meet it

  /// Output codes, binary16 [n, m], once the run is done.
  const std::vector<std::uint16_t>& output() const { return output_; }
  /// How the kernel summed, for whoever replays it.
  int tile_k() const { return tile_k_; }
  int split_k() const { return split_k_; }
  bool half_partials() const { return half_partials_; }
  emu::Architecture architecture() const { return architecture_; }

  // simulate_gemm()'s calls. All arguments must outlive the run.

  /// Throws fp6sim::Error for shapes beyond the limits, descriptions without a layout, operands of wrong
  /// size.
  void begin(const GpuDescription& gpu, const KernelDescription& kernel, const DesignDescription& design,
             const GemmPlan& plan, const std::string& split, MemorySystem& memory,
             const std::vector<std::unique_ptr<Launch>>& launches);
  void end();

 private:
  GemmOperands operands_;
  std::vector<std::uint16_t> output_;
  int tile_k_ = 0, split_k_ = 0;
  bool half_partials_ = false;
  emu::Architecture architecture_ = emu::Architecture::kAmpere;

  WeightStorage storage_;
  const GemmPlan* plan_ = nullptr;
  PayloadStore* memory_ = nullptr;
  std::unique_ptr<Expansion> expansion_;
  std::vector<std::unique_ptr<LaunchArithmetic>> arithmetic_;
};

}  // namespace fp6sim::sim
