#include "app/verify/kernel_check.h"

#include <algorithm>
#include <cstdio>

#include "emu/binary16.h"

namespace fp6sim::app {
namespace {

constexpr auto kTileColumns = static_cast<std::int64_t>(emu::kTileColumns);

float value_of(const kernels::KernelSpec& spec, std::uint16_t bits) {
  return spec.activation == kernels::Activation::kFp16 ? emu::from_binary16(bits) : emu::from_bfloat16(bits);
}

/// Whether output (row, token) differs when only the first `columns` columns of x count.
bool differs(kernels::HostProblem& problem, emu::Architecture architecture, const RunKernel& run,
             std::int64_t columns, std::size_t output) {
  const std::vector<std::uint16_t> all = problem.x;
  for (std::int64_t token = 0; token < problem.shape.n; ++token) {
    const auto row = problem.x.begin() + token * problem.shape.k;
    std::fill(row + std::min(columns, problem.shape.k), row + problem.shape.k, std::uint16_t{0});
  }
  run(problem);
  const bool different = replay(problem, architecture)[output] != problem.y[output];
  problem.x = all;
  return different;
}

Mismatch locate(kernels::HostProblem& problem, emu::Architecture architecture, const RunKernel& run,
                std::size_t output, std::uint16_t expected) {
  const kernels::Plan& plan = problem.plan;
  Mismatch found;
  found.row = static_cast<std::int64_t>(output) % problem.shape.m;
  found.token = static_cast<std::int64_t>(output) / problem.shape.m;
  found.expected = expected;
  found.got = problem.y[output];
  found.expected_value = value_of(problem.spec, found.expected);
  found.got_value = value_of(problem.spec, found.got);
  found.m_tile = found.row / plan.tile_m;
  found.n_tile = found.token / plan.tile_n;
  // Smallest number of steps after which the outputs differ; all of them do.
  std::int64_t none = 0, some = (problem.shape.k + 15) / 16;
  while (some - none > 1) {
    const std::int64_t middle = (none + some) / 2;
    (differs(problem, architecture, run, 16 * middle, output) ? some : none) = middle;
  }
  const std::int64_t step = some - 1;
  found.k_tile = 16 * step / plan.tile_k;
  found.k_step = static_cast<int>(step % (plan.tile_k / 16));
  while ((found.split + 1) * plan.k_tiles / plan.splits <= found.k_tile) ++found.split;
  const std::int64_t first_tile = found.split * plan.k_tiles / plan.splits;
  found.stage = static_cast<int>((found.k_tile - first_tile) % plan.stages);
  return found;
}

}  // namespace

KernelCheck check_kernel(kernels::HostProblem& problem, emu::Architecture architecture,
                         const RunKernel& run) {
  run(problem);
  const std::vector<std::uint16_t> expected = replay(problem, architecture);
  KernelCheck check;
  check.compared = static_cast<std::int64_t>(expected.size());
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == problem.y[i]) continue;
    if (!first) first = i;
    ++check.mismatches;
  }
  if (first) check.first = locate(problem, architecture, run, *first, expected[*first]);
  return check;
}

std::string describe(const Mismatch& at) {
  char text[320];
  std::snprintf(text, sizeof text,
                "output row %lld token %lld: expected 0x%04X (%g), got 0x%04X (%g); m tile %lld, n tile "
                "%lld, split %d, "
                "k tile %lld, stage %d, k step %d (columns %lld..%lld)",
                static_cast<long long>(at.row), static_cast<long long>(at.token), at.expected,
                at.expected_value, at.got, at.got_value, static_cast<long long>(at.m_tile),
                static_cast<long long>(at.n_tile), at.split, static_cast<long long>(at.k_tile), at.stage,
                at.k_step, static_cast<long long>(at.k_tile * kTileColumns + 16 * at.k_step),
                static_cast<long long>(at.k_tile * kTileColumns + 16 * at.k_step + 15));
  return text;
}

}  // namespace fp6sim::app
