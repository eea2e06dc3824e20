// A kernel's GEMM with its weights from the Verilated dequantisation unit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emu/mma/mma.h"
#include "kernels/problem.h"

namespace fp6sim::app {

struct RtlReplay {
  std::int64_t weights = 0;  ///< that went through the unit, each compared with emu's
  std::int64_t weight_mismatches = 0;
  std::int64_t outputs = 0;  ///< of the GEMM fed by the unit, compared with the kernel's
  std::int64_t output_mismatches = 0;
  std::string first;  ///< place, both bit patterns, both values; empty where there is none
};

/// Sends the packed codes and scales of `problem` through the RTL unit (its depth-2 model), segments and all,
/// multiplies what comes out as emu's replay does, and compares with problem.y, which the kernel has filled.
/// Throws fp6sim::Error where the unit cannot take them: bfloat16 scales that no binary16 equals.
RtlReplay rtl_replay(const kernels::HostProblem& problem, emu::Architecture architecture);

}  // namespace fp6sim::app
