// Launching a kernel: on a stream under nvcc, on the host's executor otherwise.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/device/device.cuh"

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#else
#include "emu/simt/launch.h"
#endif

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// Shape of a launch, the same for both builds.
struct LaunchShape {
  unsigned grid_x = 1, grid_y = 1;
  unsigned threads = 0;
  std::size_t shared_bytes = 0;
};

#if defined(__CUDACC__)

/// Where a launch goes. Empty string: launched; else the run-time's message.
struct Target {
  cudaStream_t stream;
};

template <class... Parameters>
std::string launch(void (*kernel)(Parameters...), const LaunchShape& shape, const Target& target,
                   std::type_identity_t<Parameters>... parameters) {
  // Attributes touch no stream: a capture takes them. Of the carveout 100 %: plans fill an SM with CTAs.
  cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                           static_cast<int>(shape.shared_bytes));
  if (!error) error = cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 100);
  if (!error) {
    void* arguments[] = {&parameters...};
    error = cudaLaunchKernel(kernel, dim3(shape.grid_x, shape.grid_y), dim3(shape.threads), arguments,
                             shape.shared_bytes, target.stream);
  }
  return error == cudaSuccess ? std::string() : std::string(cudaGetErrorString(error));
}

#else

/// What the executor is told besides the launch's shape: name, architecture, buffers, recorder.
struct Target {
  simt::LaunchConfig config;
  simt::LaunchStatistics statistics;
};

template <class... Parameters>
std::string launch(void (*kernel)(Parameters...), const LaunchShape& shape, Target& target,
                   std::type_identity_t<Parameters>... parameters) {
  target.config.grid = {shape.grid_x, shape.grid_y, 1};
  target.config.block = {shape.threads, 1, 1};
  target.config.dynamic_shared_bytes = shape.shared_bytes;
  target.statistics = simt::launch(target.config, kernel, parameters...);
  return {};
}

#endif

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
