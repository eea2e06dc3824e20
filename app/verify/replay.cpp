#include "app/verify/replay.h"

#include "emu/gemm/gemm.h"

namespace fp6sim::app {

std::vector<std::uint16_t> replay(const kernels::HostProblem& problem, emu::Architecture architecture) {
  emu::GemmSchedule schedule;
  schedule.architecture = architecture;
  schedule.input = problem.spec.activation == kernels::Activation::kFp16 ? emu::TileInput::kBinary16
                                                                         : emu::TileInput::kBfloat16;
  schedule.tile_k = problem.plan.tile_k;
  schedule.split_k = problem.plan.splits;
  const emu::WeightRows weights = [&](std::int64_t first, std::int64_t count, std::uint16_t* codes) {
    for (std::int64_t row = first; row < first + count; ++row) {
      for (std::int64_t column = 0; column < problem.shape.k; ++column)
        *codes++ = problem.weight(row, column);
    }
  };
  std::vector<std::uint16_t> y(problem.y.size());
  exact_gemm(schedule, {problem.shape.m, problem.shape.k, problem.shape.n}, weights, problem.x,
             std::span<std::uint16_t>(y));
  return y;
}

}  // namespace fp6sim::app
