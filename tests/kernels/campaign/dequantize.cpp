// Dequantising to memory by an altered source, on route_test's shapes. WIDE: 0: few specs, 1: many.
#include <utility>

#include "kernels/dequantize/to_memory.cuh"
#include "kernels/gemm/bind.h"
#include "kernels/host_run.h"
#include "kernels/route/steps.h"
#include "tests/kernels/campaign/specs.h"
#include "tests/kernels/campaign/verdict.h"
#include "tests/kernels/cases.h"
#include "tests/kernels/route_call.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {
namespace {

template <KernelSpec S>
void check_spec() {
  for (const GemmShape& shape : kDequantizeShapes) {
    Call call(S, setting_of(S, {shape, 1, ""}, 80).shape, Path::kDense);
    const HostProblem& problem = *call.problem;
    const std::int64_t leading = call.arguments.route.leading;
    GemmArguments unsplit = call.arguments.operands;
    unsplit.plan = problem.plan;
    const GemmParameters packed = bind(unsplit);
    PackedLayout layout;
    packed_layout(S, problem.shape.m, problem.shape.k, layout);
    simt::LaunchConfig config;
    config.kernel_name = "dequantize";
    config.grid.x = dequantize_ctas(call.arguments);
    config.block.x = kDequantizeThreads;
    config.dynamic_shared_bytes = kDequantizeSharedBytes;
    config.workers = 1;
    config.buffers = packed_parts(unsplit.packed, layout);
    config.buffers.push_back(simt::read_write("weights", call.workspace.get(),
                                              static_cast<std::size_t>(problem.shape.m * leading)));
    DequantizeParameters p{};
    p.wide = packed.wide;
    p.narrow = packed.narrow;
    p.scales = packed.scales;
    p.zeros = packed.zeros;
    p.to = call.workspace.get();
    p.m = packed.m;
    p.k = packed.k;
    p.leading = static_cast<int>(leading);
    p.row_blocks = packed.row_blocks;
    p.k_tiles = packed.k_tiles;
    simt::launch(config, dequantize_to_memory<Packed<S>>, p);
    std::vector<std::uint16_t> expected;
    for (std::int64_t row = 0; row < problem.shape.m; ++row) {
      for (std::int64_t column = 0; column < leading; ++column) {
        expected.push_back(column < problem.shape.k ? problem.weight(row, column) : std::uint16_t{0});
      }
    }
    campaign::expect_equal(
        {call.workspace.get(), call.workspace.get() + problem.shape.m * leading}, expected,
        kernel_name(S) + " m " + std::to_string(shape.m) + " k " + std::to_string(shape.k));
  }
}

constexpr auto specs() {
  if constexpr (WIDE != 0) {
    return campaign::kManySpecs;
  } else {
    return campaign::kFewSpecs;
  }
}

template <std::size_t... I>
void check_specs(std::index_sequence<I...>) {
  (check_spec<specs()[I]>(), ...);
}

}  // namespace
}  // namespace fp6sim::kernels::inline FP6SIM_BUILD

int main() {
  using namespace fp6sim::kernels;
  return campaign::verdict([] { check_specs(std::make_index_sequence<specs().size()>()); });
}
