// emu's GEMM in a kernel's order of summation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "emu/mma/mma.h"
#include "kernels/problem.h"

namespace fp6sim::app {

/// What the kernel of `problem` must store: emu's GEMM in the plan's order, [n, m].
std::vector<std::uint16_t> replay(const kernels::HostProblem& problem, emu::Architecture architecture);
/// The same with these weights, [m, k], for problem.weight()'s.
std::vector<std::uint16_t> replay(const kernels::HostProblem& problem, emu::Architecture architecture,
                                  std::span<const std::uint16_t> weights);

}  // namespace fp6sim::app
