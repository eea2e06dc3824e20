// A GEMM at any batch, by the way that is expected to be fastest: the fused kernel, or, where many tokens
// share each weight, the weights dequantised once into the workspace and a dense GEMM on them.
//
// Numerics: the weights are RN16(value * scale) on every path. The fused kernel and our dense one sum as
// kernels/gemm.h says (the dense one never splits K); cuBLAS sums in an order of its own.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "kernels/cublas.h"
#include "kernels/gemm.h"

namespace fp6sim::kernels {

enum class Path : std::uint8_t {
  kFused,   ///< one launch of the mixed-input kernel
  kDense,   ///< dequantise, then our dense kernel
  kCublas,  ///< dequantise, then cuBLAS
};
inline constexpr std::array kPaths{Path::kFused, Path::kDense, Path::kCublas};
std::string_view path_name(Path path);  ///< "fused", "dense", "cublas"

/// How a call is carried out. Plain numbers.
struct Route {
  Path path = Path::kFused;
  Plan plan;                          ///< of the fused kernel, whichever the path
  std::int64_t leading = 0;           ///< of dequantised weights: k rounded up to 8
  std::size_t dequantized_bytes = 0;  ///< 2 * m * leading on a 256-byte boundary; 0 on the fused path
};

struct RouteOptions {
  bool cublas = false;       ///< whether the caller has opened cuBLAS
  std::optional<Path> path;  ///< taken instead of choosing; kCublas needs `cublas`
  int splits = 0;            ///< of the fused kernel's K; 0 chooses
  int tile_n = 0;            ///< of the fused kernel, at most this; 0: choose_plan()'s
};

/// The path with the smallest estimate (estimate_cycles()). The same refusals as choose_plan().
Status choose_route(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu,
                    const RouteOptions& options, Route& route);

/// SM cycles a call is expected to take by `path`, from the GPU's nominal rates and shares of them that are
/// assumed, not measured (kernels/route/estimate.cpp): good enough to tell batches of 16 from batches of
/// 4096. In between, measure: kernels/autotune.h.
double estimate_cycles(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu, const Plan& plan,
                       Path path);

/// Bytes of workspace a call needs: the fused kernel's, or the dequantised weights and, for cuBLAS, its own.
std::size_t workspace_bytes(const Route& route);

struct RouteArguments {
  GemmArguments operands;  ///< its plan is not looked at. The workspace is 256-byte aligned and may be
                           ///< null where workspace_bytes(route) is 0; on the fused path its first
                           ///< counter_bytes(route.plan) must be zero before the first use
  Route route;             ///< from choose_route() for this spec and shape
  const Cublas* cublas = nullptr;  ///< on the path kCublas
};

/// Everything that can be said without touching the device.
Status check(const RouteArguments& arguments);

/// Launches on `stream` and returns: one kernel or two. Allocates nothing, does not synchronise, may be
/// captured. Needs a build with FP6SIM_CUDA; without one: kUnsupported.
Status gemm(const RouteArguments& arguments, void* stream);

}  // namespace fp6sim::kernels
