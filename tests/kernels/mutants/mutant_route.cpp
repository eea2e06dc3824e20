// One altered kernel of the path that dequantises first, in a namespace of its own (FP6SIM_BUILD). The
// altered header shadows the real one.
#include <string_view>

#include "kernels/dense/dense.cuh"
#include "kernels/dequantize/to_memory.cuh"
#include "kernels/gemm/bind.h"
#include "kernels/route/steps.h"
#include "tests/kernels/mutants/mutant.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {
namespace {

[[maybe_unused]] constexpr KernelSpec kW6{};
[[maybe_unused]] constexpr KernelSpec kW4{WeightFormat::kInt4, emu::Split::kPacked4, 32, true,
                                          Activation::kFp16};

simt::LaunchConfig config_of(const char* name, unsigned ctas, unsigned threads, std::size_t shared,
                             const HostRun& host_run) {
  simt::LaunchConfig config;
  config.kernel_name = name;
  config.grid.x = ctas;
  config.block.x = threads;
  config.dynamic_shared_bytes = shared;
  config.architecture = host_run.architecture;
  return config;
}

void run(const GemmArguments& operands, const HostRun& host_run) {
  RouteArguments route;
  route.operands = operands;
  RouteOptions options;
  options.path = Path::kDense;
  options.splits = 1;
  if (!choose_route(operands.spec, operands.shape, {}, options, route.route).ok()) return;
  std::vector<Words4> weights(route.route.dequantized_bytes / sizeof(Words4));
  route.operands.workspace = weights.data();
  route.operands.plan = route.route.plan;
  const GemmParameters packed = bind(route.operands);
  PackedLayout layout;
  if (!packed_layout(operands.spec, operands.shape.m, operands.shape.k, layout).ok()) return;

  simt::LaunchConfig config =
      config_of("dequantize", dequantize_ctas(route), kDequantizeThreads, kDequantizeSharedBytes, host_run);
  config.buffers = packed_parts(operands.packed, layout);
  config.buffers.push_back(simt::read_write("weights", weights.data(), weights.size()));
  const DequantizeParameters parameters{packed.wide,
                                        packed.narrow,
                                        packed.scales,
                                        packed.zeros,
                                        reinterpret_cast<std::uint16_t*>(weights.data()),
                                        packed.m,
                                        packed.k,
                                        static_cast<int>(route.route.leading),
                                        packed.row_blocks,
                                        packed.k_tiles};
  simt::launch(config, dequantize_to_memory<Packed<MUTANT_SPEC>>, parameters);

  config = config_of("dense", dense_ctas(route), kDenseThreads, kDenseSharedBytes, host_run);
  const auto elements = [](std::int64_t a, std::int64_t b) { return static_cast<std::size_t>(a * b); };
  config.buffers = {simt::read_only("weights", weights.data(), weights.size()),
                    simt::read_only("activations", operands.x, elements(operands.shape.n, operands.shape.k)),
                    simt::read_write("output", operands.y, elements(operands.shape.n, operands.shape.m))};
  simt::launch(config, dense_gemm<Activation::kFp16>, bind_dense(route));
}

[[maybe_unused]] const bool kListed = [] {
  mutants().push_back({MUTANT_NAME, std::string_view(MUTANT_EXPECT) == "violation", MUTANT_AT, MUTANT_SPEC,
                       Generation::kAmpere, run, 1});
  return true;
}();

}  // namespace
}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
