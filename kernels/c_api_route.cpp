#include "emu/error.h"
#include "kernels/c_api_values.h"
#include "kernels/route.h"

using namespace fp6sim::kernels;  // the conversions of c_api_values.h

static_assert(static_cast<int>(Path::kFused) == FP6SIM_PATH_FUSED);
static_assert(static_cast<int>(Path::kDense) == FP6SIM_PATH_DENSE);
static_assert(static_cast<int>(Path::kCublas) == FP6SIM_PATH_CUBLAS);

struct fp6sim_cublas {
  std::unique_ptr<Cublas> opened;
};

extern "C" {

fp6sim_code fp6sim_open_cublas(const char* path, fp6sim_cublas** cublas, fp6sim_message message) {
  if (cublas == nullptr) return null_argument("cublas", message);
  *cublas = nullptr;
  std::unique_ptr<Cublas> opened;
  if (const Status status = Cublas::open(path, opened); !status.ok()) return answer(status, message);
  *cublas = new fp6sim_cublas{std::move(opened)};
  return answer({}, message);
}

void fp6sim_close_cublas(fp6sim_cublas* cublas) {
  delete cublas;
}

fp6sim_code fp6sim_choose_route(const char* kernel, const char* split, int activation, std::int64_t m,
                                std::int64_t k, std::int64_t n, const fp6sim_gpu* gpu, int path,
                                const fp6sim_cublas* cublas, fp6sim_route* route, fp6sim_message message) {
  if (route == nullptr) return null_argument("route", message);
  fp6sim_plan plan{};  // refuses what it has to, and names the kernel
  if (const fp6sim_code code = fp6sim_choose(kernel, split, activation, m, k, n, gpu, 0, &plan, message);
      code != FP6SIM_OK) {
    return code;
  }
  if (path < FP6SIM_PATH_CHOSEN || path > FP6SIM_PATH_CUBLAS) {
    return answer({StatusCode::kBadValue, "path " + std::to_string(path) + ": -1 (chosen), 0, 1 or 2"},
                  message);
  }
  RouteOptions options;
  options.cublas = cublas != nullptr;
  if (path != FP6SIM_PATH_CHOSEN) options.path = static_cast<Path>(path);
  const KernelSpec spec = spec_of(plan);
  const GemmShape shape{m, k, n};
  Route chosen;
  if (const Status status = choose_route(spec, shape, gpu_of(*gpu), options, chosen); !status.ok())
    return answer(status, message);
  *route = to_c(spec, shape, chosen, plan.packed_bytes);
  return answer({}, message);
}

fp6sim_code fp6sim_gemm_route(const fp6sim_route* route, const void* packed, std::uint64_t packed_bytes,
                              const void* x, void* y, void* workspace, std::uint64_t workspace_bytes,
                              const fp6sim_cublas* cublas, void* stream, fp6sim_message message) {
  if (route == nullptr) return null_argument("route", message);
  RouteArguments arguments;
  GemmArguments& operands = arguments.operands;
  operands.spec = spec_of(route->plan);
  if (!known(operands.spec) || route->path < FP6SIM_PATH_FUSED || route->path > FP6SIM_PATH_CUBLAS) {
    return answer({StatusCode::kBadValue,
                   "the route names no kernel or path; it must come from "
                   "fp6sim_choose_route"},
                  message);
  }
  operands.shape = {route->plan.m, route->plan.k, route->plan.n};
  operands.packed = packed;
  operands.packed_bytes = packed_bytes;
  operands.x = static_cast<const std::uint16_t*>(x);
  operands.y = static_cast<std::uint16_t*>(y);
  operands.workspace = workspace;
  operands.workspace_bytes = workspace_bytes;
  arguments.route = {static_cast<Path>(route->path), plan_of(route->plan), route->leading,
                     route->dequantized_bytes};
  arguments.cublas = cublas == nullptr ? nullptr : cublas->opened.get();
  return answer(gemm(arguments, stream), message);
}

}  // extern "C"
