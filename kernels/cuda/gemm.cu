// gemm(): a checked call becomes one launch.
#include "kernels/gemm.h"
#include "kernels/gemm/bind.h"
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels {

bool has_cuda() {
  return true;
}

Status gemm(const GemmArguments& arguments, void* stream) {
  if (Status status = check(arguments); !status.ok()) return status;
  const Plan& plan = arguments.plan;
  const Instance* instance = find_instance(arguments.spec, plan.generation, plan.tile_n);
  if (instance == nullptr) {
    return {StatusCode::kUnsupported,
            "kernel " + kernel_name(arguments.spec) + " is not compiled for this plan"};
  }
  const LaunchShape shape{static_cast<unsigned>(plan.m_tiles * plan.n_tiles),
                          static_cast<unsigned>(plan.splits), static_cast<unsigned>(plan.threads),
                          plan.shared_bytes};
  Target target{static_cast<cudaStream_t>(stream)};
  const std::string error = instance->launch(bind(arguments), shape, target);
  if (error.empty()) return {};
  return {StatusCode::kDeviceError, "launching " + kernel_name(arguments.spec) +
                                        " with m = " + std::to_string(arguments.shape.m) +
                                        ", k = " + std::to_string(arguments.shape.k) +
                                        ", n = " + std::to_string(arguments.shape.n) + ": " + error};
}

}  // namespace fp6sim::kernels
