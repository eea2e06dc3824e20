// What the bench asks of a device. CUDA's is cuda_device.cu; tests have one without a GPU.
#pragma once

#include <memory>

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

/// Groups of microbenchmarks, each of some seconds at most.
inline constexpr const char* kMicroGroups[] = {"latency", "copy", "issue", "bandwidth", "occupancy"};

struct Checked {
  std::int64_t outputs = 0;
  std::string difference;  ///< the first, with its place and both bit patterns; empty: there is none
};

/// Every function throws fp6sim::Error for what the run-time refuses. A measurement may also hang or end the
/// process: the supervisor sees to that.
class Device {
 public:
  virtual ~Device() = default;
  virtual Machine machine() = 0;

  /// A part of a kernel against emu, bit for bit, each shape several times.
  virtual Checked check(const kernels::KernelSpec& spec, CheckPart part) = 0;

  /// Times a shape by `path`; the fused kernel with the cached plan where `options` name a cache.
  virtual Row time(const kernels::KernelSpec& spec, std::int64_t m, std::int64_t k, int batch,
                   kernels::Path path) = 0;
  /// cuBLAS on FP16 weights. Only asked where has_cublas().
  virtual Row time_cublas(std::int64_t m, std::int64_t k, int batch) = 0;
  virtual bool has_cublas() const = 0;

  /// Whether it can go on in this process after something has failed: most errors of a kernel outlive it.
  virtual bool usable() = 0;

  virtual std::vector<Metric> micro(const std::string& group) = 0;
  /// One launch with cold L2, for a profiler to look at.
  virtual void launch_once(const kernels::KernelSpec& spec, std::int64_t m, std::int64_t k, int batch) = 0;
};

/// The current CUDA device. Throws fp6sim::Error where there is none.
std::unique_ptr<Device> open_cuda_device(const Options& options);

}  // namespace fp6sim::bench
