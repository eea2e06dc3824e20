// A functional run's output against emu's GEMM, bit for bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/functional/functional_gemm.h"
#include "sim/simulate.h"

namespace fp6sim::app {

/// What emu's GEMM gives for the operands in the order `run` summed in, binary16 [n, m]. Weights are
/// RN16(value * scale), from the operands alone.
std::vector<std::uint16_t> expected_output(const sim::KernelDescription& kernel, const sim::GemmShape& shape,
                                           const sim::GemmOperands& operands, const sim::FunctionalGemm& run);

struct FunctionalCheck {
  struct Difference {
    std::int64_t row = 0, token = 0;
    std::uint16_t expected = 0, got = 0;
  };
  std::int64_t compared = 0, mismatches = 0;
  std::optional<Difference> first;  ///< smallest token, then row
};

FunctionalCheck compare_outputs(const sim::GemmShape& shape, const std::vector<std::uint16_t>& expected,
                                const std::vector<std::uint16_t>& got);

/// "row 3, token 0: expected 0x1234 (0.5), got ..."
std::string describe(const FunctionalCheck::Difference& difference);

}  // namespace fp6sim::app
