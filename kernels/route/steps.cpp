#include "kernels/route/steps.h"

#include "kernels/gemm/bind.h"

namespace fp6sim::kernels {

DenseParameters bind_dense(const RouteArguments& arguments) {
  const GemmArguments& operands = arguments.operands;
  DenseParameters p{};
  p.w = static_cast<const std::uint16_t*>(operands.workspace);
  p.x = operands.x;
  p.y = operands.y;
  p.m = static_cast<int>(operands.shape.m);
  p.k = static_cast<int>(operands.shape.k);
  p.n = static_cast<int>(operands.shape.n);
  p.leading = static_cast<int>(arguments.route.leading);
  p.n_tiles = (p.n + kDenseTileN - 1) / kDenseTileN;
  p.vector_activations = reinterpret_cast<std::uintptr_t>(operands.x) % 16 == 0 && p.k % 8 == 0 ? 1 : 0;
  return p;
}

unsigned dequantize_ctas(const RouteArguments& arguments) {
  return static_cast<unsigned>((arguments.operands.shape.m + 63) / 64 * arguments.route.plan.k_tiles);
}

unsigned dense_ctas(const RouteArguments& arguments) {
  const std::int64_t m_tiles = (arguments.operands.shape.m + kDenseTileM - 1) / kDenseTileM;
  const std::int64_t n_tiles = (arguments.operands.shape.n + kDenseTileN - 1) / kDenseTileN;
  return static_cast<unsigned>(m_tiles * n_tiles);
}

}  // namespace fp6sim::kernels
