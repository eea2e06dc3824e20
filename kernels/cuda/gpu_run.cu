#include "kernels/cuda/device_memory.h"
#include "kernels/gpu_run.h"

namespace fp6sim::kernels {

Status query_gpu(Gpu& gpu, std::string& name) {
  int device = 0;
  cudaDeviceProp properties{};
  cudaError_t error = cudaGetDevice(&device);
  if (error == cudaSuccess) error = cudaGetDeviceProperties(&properties, device);
  if (error != cudaSuccess) {
    return {StatusCode::kDeviceError, std::string("no usable GPU: ") + cudaGetErrorString(error)};
  }
  name = properties.name;
  gpu.compute_capability = 10 * properties.major + properties.minor;
  gpu.sm_count = properties.multiProcessorCount;
  gpu.shared_bytes_per_sm = properties.sharedMemPerMultiprocessor;
  gpu.shared_bytes_per_block = properties.sharedMemPerBlockOptin;
  int memory_khz = 0, bus_bits = 0, clock_khz = 0;  // double data rate, so two transfers a memory clock
  if (cudaDeviceGetAttribute(&memory_khz, cudaDevAttrMemoryClockRate, device) == cudaSuccess &&
      cudaDeviceGetAttribute(&bus_bits, cudaDevAttrGlobalMemoryBusWidth, device) == cudaSuccess &&
      cudaDeviceGetAttribute(&clock_khz, cudaDevAttrClockRate, device) == cudaSuccess && clock_khz > 0) {
    gpu.dram_bytes_per_cycle = 2.0 * memory_khz * (bus_bits / 8) / clock_khz;
  }
  return {};
}

namespace {

/// Copies in, calls `launch` with the device's pointers, waits, copies out.
template <class Launch>
Status run(const GemmArguments& host, std::size_t workspace_size, Launch launch) {
  try {
    const auto elements = [](std::int64_t a, std::int64_t b) {
      return 2 * static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
    };
    const DeviceMemory packed(host.packed, host.packed_bytes);
    const DeviceMemory x(host.x, elements(host.shape.n, host.shape.k));
    DeviceMemory y(elements(host.shape.n, host.shape.m));
    DeviceMemory workspace(workspace_size);
    y.fill(0x7F);  // NaN, so that an output nobody wrote shows
    if (workspace.bytes() != 0) workspace.fill(0);
    GemmArguments device = host;
    device.packed = packed.as();
    device.x = x.as<std::uint16_t>();
    device.y = y.as<std::uint16_t>();
    device.workspace = workspace.as();
    device.workspace_bytes = workspace.bytes();
    if (Status status = launch(device); !status.ok()) return status;
    require(cudaDeviceSynchronize(), "the kernel");
    y.copy_out(host.y, y.bytes());
  } catch (const Error& error) {
    return {StatusCode::kDeviceError, error.what()};
  }
  return {};
}

}  // namespace

Status run_on_gpu(const GemmArguments& host) {
  if (Status status = check(host); !status.ok()) return status;
  return run(host, workspace_bytes(host.plan),
             [](const GemmArguments& device) { return gemm(device, nullptr); });
}

Status run_on_gpu(const RouteArguments& host) {
  if (Status status = check(host); !status.ok()) return status;
  return run(host.operands, workspace_bytes(host.route), [&](const GemmArguments& operands) {
    RouteArguments device = host;
    device.operands = operands;
    return gemm(device, nullptr);
  });
}

}  // namespace fp6sim::kernels
