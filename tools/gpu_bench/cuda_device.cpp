// The bench's device: CUDA.
#include <cuda_runtime.h>

#include "emu/error.h"
#include "kernels/autotune.h"
#include "kernels/cuda/device_memory.h"
#include "kernels/gpu_run.h"
#include "tools/gpu_bench/check.h"
#include "tools/gpu_bench/microbench.h"
#include "tools/gpu_bench/timing.h"

namespace fp6sim::bench {
namespace {

using kernels::DeviceMemory;
using kernels::KernelSpec;
using kernels::Path;
using kernels::require;
using kernels::Route;
using kernels::RouteArguments;

void require_ok(const kernels::Status& status) {
  if (!status.ok()) throw Error(status.message);
}

class CudaDevice : public Device {
 public:
  explicit CudaDevice(const Options& options) : options_(options) {
    require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "no usable GPU");
    const kernels::Status status = kernels::Cublas::open(nullptr, cublas_);
    describe(status);
    if (!options_.autotune.empty()) require_ok(kernels::TuningCache::load(options_.autotune, tuning_));
  }
  ~CudaDevice() override { cudaStreamDestroy(stream_); }

  Machine machine() override { return machine_; }
  bool usable() override {
    cudaGetLastError();  // what a refused launch or allocation left
    return cudaDeviceSynchronize() == cudaSuccess && cudaGetLastError() == cudaSuccess;
  }
  bool has_cublas() const override { return cublas_ != nullptr; }
  Checked check(const KernelSpec& spec, CheckPart part) override {
    return check_on_gpu(spec, part, machine_.limits);
  }
  std::vector<Metric> micro(const std::string& group) override {
    return run_microbenchmarks(machine_, group);
  }

  Row time(const KernelSpec& spec, std::int64_t m, std::int64_t k, int batch, Path path) override {
    Call call =
        prepare(spec, {m, k, batch}, copies_for(packed_bytes(spec, m, k), machine_, options_.warm_l2));
    const Route route = route_of(call, path);
    Row row{kernel_name(spec),
            std::string(emu::name(spec.split)),
            std::string(path_name(route.path)),
            m,
            k,
            batch};
    if (route.path == Path::kFused) {
      row.tile_n = route.plan.tile_n;
      row.splits = route.plan.splits;
    }
    row.time = time_route(call, route, options_.repeats);
    row.clock_mhz = measure_clock_mhz(stream_);
    const double weights = static_cast<double>(call.weights.front().bytes());
    row.bytes = weights + 2.0 * batch * static_cast<double>(m + k);
    row.reduction_us = reduction_us(call.weights) * row.bytes / weights;
    return row;
  }

  Row time_cublas(std::int64_t m, std::int64_t k, int batch) override {
    const std::size_t bytes = 2 * static_cast<std::size_t>(m) * static_cast<std::size_t>(k);
    std::vector<DeviceMemory> weights;
    for (int i = 0; i < copies_for(bytes, machine_, options_.warm_l2); ++i) {
      weights.emplace_back(bytes);
      fill_halves(stream_, weights.back().as(), bytes, static_cast<unsigned>(i + 1));
    }
    const auto [x, y] = activations(m, k, batch);
    const DeviceMemory workspace(kernels::Cublas::kWorkspaceBytes);
    Row row{"cublas-fp16", "", "cublas", m, k, batch};
    row.time = time_launches(stream_, static_cast<int>(weights.size()), options_.repeats, [&](int copy) {
      require_ok(cublas_->gemm(kernels::Activation::kFp16, {m, k, batch},
                               weights[static_cast<std::size_t>(copy)].as(), k, x.as(), y.as(),
                               workspace.as(), stream_));
    });
    row.clock_mhz = measure_clock_mhz(stream_);
    row.bytes = static_cast<double>(bytes) + 2.0 * batch * static_cast<double>(m + k);
    row.reduction_us = reduction_us(weights) * row.bytes / static_cast<double>(bytes);
    return row;
  }

  void launch_once(const KernelSpec& spec, std::int64_t m, std::int64_t k, int batch) override {
    Call call = prepare(spec, {m, k, batch}, 1);
    const Route route = route_of(call, Path::kFused);
    const DeviceMemory workspace = zeroed(workspace_bytes(route));
    DeviceMemory flush(4 * machine_.l2_bytes);
    require(cudaMemsetAsync(flush.as(), 1, flush.bytes(), stream_), "flush");
    launch(call, route, workspace, 0);
    require(cudaStreamSynchronize(stream_), "the kernel");
  }

 private:
  /// Operands of one shape: as many copies of the weights as keep L2 cold.
  struct Call {
    KernelSpec spec;
    kernels::GemmShape shape;
    std::vector<DeviceMemory> weights;
    DeviceMemory x, y;
  };

  void describe(const kernels::Status& cublas) {
    require_ok(kernels::query_gpu(machine_.limits, machine_.gpu));
    int device = 0, value = 0;
    require(cudaGetDevice(&device), "device");
    require(cudaDeviceGetAttribute(&value, cudaDevAttrL2CacheSize, device), "L2 size");
    machine_.l2_bytes = static_cast<std::size_t>(value);
    require(cudaDeviceGetAttribute(&value, cudaDevAttrClockRate, device), "clock");
    machine_.max_clock_mhz = value / 1000;
    std::size_t all = 0;
    require(cudaMemGetInfo(&machine_.memory_bytes, &all), "memory");
    require(cudaDriverGetVersion(&machine_.driver), "driver");
    require(cudaRuntimeGetVersion(&machine_.runtime), "run-time");
    machine_.cublas = cublas_ != nullptr ? std::to_string(cublas_->version()) : "none: " + cublas.message;
  }

  static std::size_t packed_bytes(const KernelSpec& spec, std::int64_t m, std::int64_t k) {
    kernels::PackedLayout layout;
    require_ok(packed_layout(spec, m, k, layout));
    return layout.bytes;
  }

  std::pair<DeviceMemory, DeviceMemory> activations(std::int64_t m, std::int64_t k, int batch) {
    const auto tokens = static_cast<std::size_t>(batch);
    DeviceMemory x(2 * tokens * static_cast<std::size_t>(k)), y(2 * tokens * static_cast<std::size_t>(m));
    fill_halves(stream_, x.as(), x.bytes(), 99);
    return {std::move(x), std::move(y)};
  }

  Call prepare(const KernelSpec& spec, const kernels::GemmShape& shape, int copies) {
    Call call{spec, shape, {}, {}, {}};
    kernels::PackedLayout layout;
    require_ok(packed_layout(spec, shape.m, shape.k, layout));
    for (int i = 0; i < copies; ++i) {
      call.weights.emplace_back(layout.bytes);
      auto* const start = call.weights.back().as<std::byte>();
      const auto seed = static_cast<unsigned>(3 * i + 1);
      fill_random(stream_, start, layout.scales, seed);
      fill_halves(stream_, start + layout.scales, layout.zeros - layout.scales, seed + 1);
      fill_random(stream_, start + layout.zeros, layout.bytes - layout.zeros, seed + 2);
    }
    std::tie(call.x, call.y) = activations(shape.m, shape.k, static_cast<int>(shape.n));
    return call;
  }

  DeviceMemory zeroed(std::size_t bytes) const {
    DeviceMemory memory(bytes);  // on the stream that uses it: others are not ordered with it
    if (bytes != 0) require(cudaMemsetAsync(memory.as(), 0, bytes, stream_), "memset");
    return memory;
  }

  /// The fused route is the tuned one where there is a cache, and may then be another path.
  Route route_of(Call& call, Path path) {
    kernels::RouteOptions options;
    options.path = path;
    options.cublas = has_cublas();
    Route route;
    if (options_.autotune.empty() || path != Path::kFused) {
      require_ok(choose_route(call.spec, call.shape, machine_.limits, options, route));
      return route;
    }
    const kernels::TuningKey key{machine_.gpu, call.spec, call.shape, has_cublas()};
    const bool known = tuning_.find(key).has_value();
    const auto timer = [&](const Route& candidate, double& microseconds) -> kernels::Status {
      microseconds = time_route(call, candidate, kTuningRepeats).median_us;
      return {};
    };
    require_ok(autotune(key, machine_.limits, timer, tuning_, route));
    if (!known) require_ok(tuning_.save(options_.autotune));
    return route;
  }

  void launch(Call& call, const Route& route, const DeviceMemory& workspace, std::size_t copy) {
    RouteArguments arguments;
    arguments.operands.spec = call.spec;
    arguments.operands.shape = call.shape;
    arguments.operands.packed = call.weights[copy].as();
    arguments.operands.packed_bytes = call.weights[copy].bytes();
    arguments.operands.x = call.x.as<std::uint16_t>();
    arguments.operands.y = call.y.as<std::uint16_t>();
    arguments.operands.workspace = workspace.as();
    arguments.operands.workspace_bytes = workspace.bytes();
    arguments.route = route;
    arguments.cublas = cublas_.get();
    require_ok(gemm(arguments, stream_));
  }

  Timing time_route(Call& call, const Route& route, int repeats) {
    const DeviceMemory workspace = zeroed(workspace_bytes(route));
    return time_launches(stream_, static_cast<int>(call.weights.size()), repeats,
                         [&](int copy) { launch(call, route, workspace, static_cast<std::size_t>(copy)); });
  }

  double reduction_us(const std::vector<DeviceMemory>& weights) {
    const DeviceMemory sum(4);
    return time_launches(stream_, static_cast<int>(weights.size()), options_.repeats,
                         [&](int copy) {
                           const DeviceMemory& memory = weights[static_cast<std::size_t>(copy)];
                           launch_reduction(stream_, memory.as(), memory.bytes() / 16 * 16,
                                            sum.as<unsigned>(), machine_);
                         })
        .median_us;
  }

  static constexpr int kTuningRepeats = 5;
  Options options_;
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<kernels::Cublas> cublas_;
  Machine machine_;
  kernels::TuningCache tuning_;
};

}  // namespace

std::unique_ptr<Device> open_cuda_device(const Options& options) {
  return std::make_unique<CudaDevice>(options);
}

}  // namespace fp6sim::bench
