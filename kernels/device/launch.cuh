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
  // Raising the limit touches no stream, so it may happen inside a capture; it is a host-side table entry.
  cudaError_t error =
      cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                           static_cast<int>(shape.shared_bytes));
  if (error == cudaSuccess) {
    void* arguments[] = {&parameters...};
    error = cudaLaunchKernel(reinterpret_cast<const void*>(kernel), dim3(shape.grid_x, shape.grid_y),
                             dim3(shape.threads), arguments, shape.shared_bytes, target.stream);
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
