#include "app/verify/replay.h"

#include <algorithm>

#include "emu/gemm/gemm.h"

namespace fp6sim::app {
namespace {

std::vector<std::uint16_t> replay_rows(const kernels::HostProblem& problem, emu::Architecture architecture,
                                       const emu::WeightRows& weights) {
  emu::GemmSchedule schedule;
  schedule.architecture = architecture;
  schedule.input = problem.spec.activation == kernels::Activation::kFp16 ? emu::TileInput::kBinary16
                                                                         : emu::TileInput::kBfloat16;
  schedule.tile_k = problem.plan.tile_k;
  schedule.split_k = problem.plan.splits;
  std::vector<std::uint16_t> y(problem.y.size());
  exact_gemm(schedule, {problem.shape.m, problem.shape.k, problem.shape.n}, weights, problem.x,
             std::span<std::uint16_t>(y));
  return y;
}

}  // namespace

std::vector<std::uint16_t> replay(const kernels::HostProblem& problem, emu::Architecture architecture) {
  return replay_rows(problem, architecture,
                     [&](std::int64_t first, std::int64_t count, std::uint16_t* weights) {
                       for (std::int64_t row = first; row < first + count; ++row) {
                         for (std::int64_t column = 0; column < problem.shape.k; ++column)
                           *weights++ = problem.weight(row, column);
                       }
                     });
}

std::vector<std::uint16_t> replay(const kernels::HostProblem& problem, emu::Architecture architecture,
                                  std::span<const std::uint16_t> weights) {
  return replay_rows(problem, architecture,
                     [&](std::int64_t first, std::int64_t count, std::uint16_t* target) {
                       const std::int64_t k = problem.shape.k;
                       std::copy_n(weights.begin() + first * k, count * k, target);
                     });
}

}  // namespace fp6sim::app
