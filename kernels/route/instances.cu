#include <array>
#include <utility>

#include "kernels/dense/dense.cuh"
#include "kernels/gemm/bind.h"
#include "kernels/route/instances.cuh"
#include "kernels/variant_table.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {
namespace {

using LaunchDequantize = std::string (*)(const DequantizeParameters&, const LaunchShape&, Target&);

template <KernelSpec S>
std::string dequantize(const DequantizeParameters& parameters, const LaunchShape& shape, Target& target) {
  return launch(dequantize_to_memory<Packed<S>>, shape, target, parameters);
}

template <std::size_t... I>
constexpr std::array<LaunchDequantize, sizeof...(I)> every(std::index_sequence<I...>) {
  return {dequantize<kSpecs[I]>...};
}
constexpr auto kDequantize = every(std::make_index_sequence<kSpecs.size()>());

}  // namespace

DequantizeParameters bind_dequantize(const RouteArguments& arguments) {
  const GemmArguments& operands = arguments.operands;
  GemmArguments unsplit = operands;
  unsplit.plan = arguments.route.plan;
  unsplit.plan.splits = 1;
  const GemmParameters packed = bind(unsplit);
  DequantizeParameters p{};
  p.wide = packed.wide;
  p.narrow = packed.narrow;
  p.scales = packed.scales;
  p.zeros = packed.zeros;
  p.to = static_cast<std::uint16_t*>(operands.workspace);
  p.m = packed.m;
  p.k = packed.k;
  p.leading = static_cast<int>(arguments.route.leading);
  p.row_blocks = packed.row_blocks;
  p.k_tiles = packed.k_tiles;
  return p;
}

std::string launch_dequantize(const RouteArguments& arguments, Target& target) {
  const LaunchShape shape{dequantize_ctas(arguments), 1, kDequantizeThreads, kDequantizeSharedBytes};
  for (std::size_t i = 0; i < kSpecs.size(); ++i) {
    if (kSpecs[i] == arguments.operands.spec)
      return kDequantize[i](bind_dequantize(arguments), shape, target);
  }
  return "the kernel is not compiled";  // check() has refused it
}

std::string launch_dense(const RouteArguments& arguments, Target& target) {
  const LaunchShape shape{dense_ctas(arguments), 1, kDenseThreads, kDenseSharedBytes};
  const DenseParameters parameters = bind_dense(arguments);
  if (arguments.operands.spec.activation == Activation::kFp16) {
    return launch(dense_gemm<Activation::kFp16>, shape, target, parameters);
  }
  return launch(dense_gemm<Activation::kBf16>, shape, target, parameters);
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
