// A kernel's output against emu's replay of its order, bit for bit, and where a difference comes from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/verify/replay.h"
#include "kernels/host_run.h"

namespace fp6sim::app {

/// The first output (smallest token, then row) whose bits differ.
struct Mismatch {
  std::int64_t row = 0, token = 0;
  std::uint16_t expected = 0, got = 0;  ///< bits of the output type
  float expected_value = 0, got_value = 0;
  std::int64_t m_tile = 0, n_tile = 0;  ///< of the CTA
  int split = 0;
  std::int64_t k_tile = 0;  ///< the first k tile after which the sums part
  int stage = 0;            ///< pipeline slot that held it
  int k_step = 0;           ///< mma step (16 columns) within the tile
};

struct KernelCheck {
  std::int64_t compared = 0;
  std::int64_t mismatches = 0;
  std::optional<Mismatch> first;
};

/// Runs something that fills problem.y from problem.arguments(): the kernel on the CPU, an altered one, a
/// GPU.
using RunKernel = std::function<void(kernels::HostProblem& problem)>;

/// Runs and compares. On a mismatch the k step is found by running again with fewer and fewer of the
/// activations' columns left non-zero (about log2(k / 16) runs).
KernelCheck check_kernel(kernels::HostProblem& problem, emu::Architecture architecture, const RunKernel& run);

/// One line with everything in `mismatch`.
std::string describe(const Mismatch& mismatch);

}  // namespace fp6sim::app
