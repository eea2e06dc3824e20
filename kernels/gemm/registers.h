// Registers per thread of the compiled kernels, for traces: a CPU has none to count.
#pragma once

#include "kernels/gemm.h"

namespace fp6sim::kernels {

/// As ptxas reports them for w6a16 (docs/kernels.md, tools/ptxas_report.py); other formats are within 8.
constexpr unsigned registers_per_thread(Generation generation, int tile_n) {
  if (generation == Generation::kWarpgroup) return 168;  // what 384 threads can have; warps then trade them
  const bool hopper = generation == Generation::kHopper;
  switch (tile_n) {
    case 8:
      return hopper ? 64 : 72;
    case 16:
      return hopper ? 89 : 96;
    case 32:
      return 140;
    case 64:
      return hopper ? 146 : 152;
    default:
      return 200;
  }
}

}  // namespace fp6sim::kernels
