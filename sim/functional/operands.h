// What a functional GEMM multiplies, and its image in DRAM.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/functional/weight_storage.h"
#include "sim/memory_path/payload_store.h"

namespace fp6sim::sim {

struct GemmOperands {
  std::vector<std::uint16_t>
      weights;                        ///< codes [m, k], symmetric integers masked to their width; or binary16
  std::vector<std::uint16_t> scales;  ///< binary16 [m, groups]; empty where the kernel has none
  std::vector<std::uint8_t> zeros;    ///< 0..15 [m, groups]; empty where the kernel has none
  std::vector<std::uint16_t> activations;  ///< binary16 [n, k]
};

/// Lays the operands out at the plan's addresses, packed by emu, padding as zeros (a code equal to the zero
/// point where there is one). Throws fp6sim::Error where a size or a code does not fit.
void load_operands(const WeightStorage& storage, const GemmPlan& plan, const GemmOperands& operands,
                   PayloadStore& memory);

}  // namespace fp6sim::sim
