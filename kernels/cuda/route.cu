// A checked route becomes one launch or two.
#include "kernels/route/instances.cuh"

namespace fp6sim::kernels {
namespace {

Status launched(const char* what, const GemmArguments& operands, const std::string& error) {
  if (error.empty()) return {};
  return {StatusCode::kDeviceError, std::string(what) + " of " + kernel_name(operands.spec) +
                                        " with m = " + std::to_string(operands.shape.m) +
                                        ", k = " + std::to_string(operands.shape.k) +
                                        ", n = " + std::to_string(operands.shape.n) + ": " + error};
}

}  // namespace

Status gemm(const RouteArguments& arguments, void* stream) {
  const GemmArguments& operands = arguments.operands;
  if (arguments.route.path == Path::kFused) {
    GemmArguments fused = operands;
    fused.plan = arguments.route.plan;
    return gemm(fused, stream);
  }
  if (Status status = check(arguments); !status.ok()) return status;
  Target target{static_cast<cudaStream_t>(stream)};
  if (Status status = launched("dequantising", operands, launch_dequantize(arguments, target)); !status.ok())
    return status;
  if (arguments.route.path == Path::kDense) {
    return launched("the dense GEMM", operands, launch_dense(arguments, target));
  }
  auto* own = static_cast<std::byte*>(operands.workspace) + arguments.route.dequantized_bytes;
  return arguments.cublas->gemm(operands.spec.activation, operands.shape, operands.workspace,
                                arguments.route.leading, operands.x, operands.y, own, stream);
}

}  // namespace fp6sim::kernels
