// gpu_bench: checks every kernel on this GPU bit for bit, then times kernels and cuBLAS over the workloads.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include "emu/error.h"
#include "kernels/cuda/device_memory.h"
#include "kernels/gpu_run.h"
#include "tools/gpu_bench/cublas.h"
#include "tools/gpu_bench/timing.h"
#include "workload_table.h"

namespace fp6sim::bench {
namespace {

using kernels::DeviceMemory;
using kernels::require;

constexpr const char* kUsage =
    "usage: gpu_bench [--workload NAME,..] [--batch N,..] [--kernel NAME,..] [--out DIR] [--repeats N] "
    "[--warm-l2]\n"
    "                 [--no-micro]\n"
    "Checks every kernel bit for bit against the emulator, then times kernels, cuBLAS FP16 (where "
    "libcublas.so is found;\n"
    "FP6SIM_CUBLAS names it) and a read-only reduction, L2 cold unless --warm-l2, and writes "
    "DIR/<gpu>-<date>.csv and\n"
    ".json (default traces/measured). Default: every workload and kernel, batch 1..512.\n";

std::vector<std::string> list(const std::string& text) {
  std::vector<std::string> items;
  std::stringstream in(text);
  for (std::string item; std::getline(in, item, ',');) items.push_back(item);
  return items;
}

int whole(const std::string& option, const std::string& text, int most) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (end == text.c_str() || *end != '\0' || value < 1 || value > most) {
    throw Error(option + " " + text + ": a whole number 1.." + std::to_string(most));
  }
  return static_cast<int>(value);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 >= argc) throw Error(option + " needs a value");
      return argv[++i];
    };
    if (option == "--workload") {
      options.workloads = list(value());
    } else if (option == "--batch") {
      options.batches.clear();
      for (const auto& item : list(value())) options.batches.push_back(whole(option, item, 65536));
    } else if (option == "--kernel") {
      options.kernels = list(value());
    } else if (option == "--out") {
      options.out = value();
    } else if (option == "--repeats") {
      options.repeats = whole(option, value(), 1000);
    } else if (option == "--warm-l2") {
      options.warm_l2 = true;
    } else if (option == "--no-micro") {
      options.micro = false;
    } else {
      throw Error("unknown option '" + option + "'\n" + kUsage);
    }
  }
  return options;
}

Machine describe_machine(const Cublas& cublas) {
  Machine machine;
  if (const auto status = kernels::query_gpu(machine.limits, machine.gpu); !status.ok())
    throw Error(status.message);
  int device = 0, value = 0;
  require(cudaGetDevice(&device), "device");
  require(cudaDeviceGetAttribute(&value, cudaDevAttrL2CacheSize, device), "L2 size");
  machine.l2_bytes = static_cast<std::size_t>(value);
  require(cudaDeviceGetAttribute(&value, cudaDevAttrClockRate, device), "clock");
  machine.max_clock_mhz = value / 1000;
  std::size_t free_bytes = 0;
  require(cudaMemGetInfo(&free_bytes, &machine.memory_bytes), "memory");
  machine.memory_bytes = free_bytes;
  require(cudaDriverGetVersion(&machine.driver), "driver");
  require(cudaRuntimeGetVersion(&machine.runtime), "run-time");
  machine.cublas = cublas.version();
  return machine;
}

/// FP16 activations; of each name its fastest split, and all splits of w6a16.
std::vector<kernels::KernelSpec> timed_specs(const Options& options) {
  std::vector<kernels::KernelSpec> specs;
  for (const kernels::KernelSpec& spec : kernels::kernel_specs()) {
    if (spec.activation != kernels::Activation::kFp16) continue;
    const std::string name = kernel_name(spec);
    const bool wanted = options.kernels.empty() || std::find(options.kernels.begin(), options.kernels.end(),
                                                             name) != options.kernels.end();
    if (wanted && (name == "w6a16" || spec == kernels::kernel_by_name(name))) specs.push_back(spec);
  }
  for (const std::string& name : options.kernels)
    kernels::kernel_by_name(name);  // an unknown one is an error
  return specs;
}

/// One shape's buffers and timings.
class ShapeBench {
 public:
  ShapeBench(const Options& options, const Machine& machine, const Cublas& cublas, cudaStream_t stream)
      : options_(options), machine_(machine), cublas_(cublas), stream_(stream) {}

  double cublas_us(const Layer& layer, int batch) {
    if (!cublas_.available()) return 0;
    const std::size_t bytes = 2 * static_cast<std::size_t>(layer.m) * static_cast<std::size_t>(layer.k);
    const auto weights =
        copies(bytes, [&](void* at, unsigned seed) { fill_halves(stream_, at, bytes, seed); });
    make_activations(layer, batch);
    return time_launches(stream_, static_cast<int>(weights.size()), options_.repeats,
                         [&](int copy) {
                           cublas_.gemm(layer.m, layer.k, batch, weights[static_cast<std::size_t>(copy)].as(),
                                        x_.as(), y_.as());
                         })
        .median_us;
  }

  Row kernel_row(const Layer& layer, int batch, const kernels::KernelSpec& spec) {
    kernels::GemmArguments arguments;
    arguments.spec = spec;
    arguments.shape = {layer.m, layer.k, batch};
    if (const auto s = choose_plan(spec, arguments.shape, machine_.limits, arguments.plan); !s.ok())
      throw Error(s.message);
    kernels::PackedLayout layout;
    if (const auto s = packed_layout(spec, layer.m, layer.k, layout); !s.ok()) throw Error(s.message);
    const auto weights = copies(layout.bytes, [&](void* at, unsigned seed) {
      fill_random(stream_, at, layout.scales, seed);
      fill_halves(stream_, static_cast<std::byte*>(at) + layout.scales, layout.zeros - layout.scales,
                  seed + 1);
      fill_random(stream_, static_cast<std::byte*>(at) + layout.zeros, layout.bytes - layout.zeros, seed + 2);
    });
    make_activations(layer, batch);
    DeviceMemory workspace(workspace_bytes(arguments.plan));
    if (workspace.bytes() != 0) workspace.fill(0);
    arguments.packed_bytes = layout.bytes;
    arguments.x = x_.as<std::uint16_t>();
    arguments.y = y_.as<std::uint16_t>();
    arguments.workspace = workspace.as();
    arguments.workspace_bytes = workspace.bytes();
    Row row{layer.model,
            layer.layer,
            kernel_name(spec),
            std::string(emu::name(spec.split)),
            layer.m,
            layer.k,
            batch,
            {},
            0,
            0,
            0,
            0};
    row.time = time_launches(stream_, static_cast<int>(weights.size()), options_.repeats, [&](int copy) {
      arguments.packed = weights[static_cast<std::size_t>(copy)].as();
      if (const auto s = gemm(arguments, stream_); !s.ok()) throw Error(s.message);
    });
    row.clock_mhz = measure_clock_mhz(stream_);
    row.bytes = static_cast<double>(layout.bytes) + 2.0 * batch * static_cast<double>(layer.m + layer.k);
    const DeviceMemory sum(4);
    row.reduction_us = time_launches(stream_, static_cast<int>(weights.size()), options_.repeats,
                                     [&](int copy) {
                                       launch_reduction(stream_, weights[static_cast<std::size_t>(copy)].as(),
                                                        layout.bytes, sum.as<unsigned>(), machine_);
                                     })
                           .median_us *
                       row.bytes / static_cast<double>(layout.bytes);
    return row;
  }

 private:
  template <class Fill>
  std::vector<DeviceMemory> copies(std::size_t bytes, Fill fill) {
    std::vector<DeviceMemory> all;
    const int count = copies_for(bytes, machine_, options_.warm_l2);
    for (int i = 0; i < count; ++i) {
      all.emplace_back(bytes);
      fill(all.back().as(), static_cast<unsigned>(3 * i + 1));
    }
    return all;
  }
  void make_activations(const Layer& layer, int batch) {
    const auto tokens = static_cast<std::size_t>(batch);
    x_ = DeviceMemory(2 * tokens * static_cast<std::size_t>(layer.k) + 16);
    y_ = DeviceMemory(2 * tokens * static_cast<std::size_t>(layer.m));
    fill_halves(stream_, x_.as(), x_.bytes(), 99);
  }

  const Options& options_;
  const Machine& machine_;
  const Cublas& cublas_;
  cudaStream_t stream_;
  DeviceMemory x_, y_;
};

void run(const Options& options) {
  cudaStream_t stream = nullptr;
  require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "no usable GPU");
  const Cublas cublas(stream);
  const Machine machine = describe_machine(cublas);
  std::vector<Layer> layers;
  for (const Layer& layer : kLayers) {
    if (options.workloads.empty() || std::find(options.workloads.begin(), options.workloads.end(),
                                               layer.model) != options.workloads.end()) {
      layers.push_back(layer);
    }
  }
  if (layers.empty()) throw Error("no workload of those names; they are traces/*.json");
  const auto specs = timed_specs(options);
  std::fprintf(stderr, "%s, cuBLAS %s\n", machine.gpu.c_str(), machine.cublas.c_str());
  const std::int64_t checked =
      check_kernels(machine, {kernels::kernel_specs().begin(), kernels::kernel_specs().end()});
  std::fprintf(stderr, "all kernels equal the emulator: %lld outputs, 0 mismatches\n",
               static_cast<long long>(checked));
  std::vector<Metric> metrics;
  if (options.micro) metrics = run_microbenchmarks(machine);
  ShapeBench bench(options, machine, cublas, stream);
  std::vector<Row> rows;
  std::map<std::tuple<long long, long long, int, std::size_t>, Row> known;  // models share shapes
  for (const Layer& layer : layers) {
    for (const int batch : options.batches) {
      double cublas_us = -1;
      for (std::size_t i = 0; i < specs.size(); ++i) {
        const auto key = std::make_tuple(layer.m, layer.k, batch, i);
        if (!known.contains(key)) {
          if (cublas_us < 0) cublas_us = bench.cublas_us(layer, batch);
          Row row = bench.kernel_row(layer, batch, specs[i]);
          row.cublas_us = cublas_us;
          known[key] = row;
        }
        Row row = known[key];
        row.model = layer.model;
        row.layer = layer.layer;
        rows.push_back(row);
        std::fprintf(stderr,
                     "%-14s %-10s batch %3d %-16s %-8s %8.2f us  %5.1f %% of a reduction  %.2fx cuBLAS\n",
                     row.model.c_str(), row.layer.c_str(), batch, row.kernel.c_str(), row.split.c_str(),
                     row.time.median_us, 100 * row.reduction_us / row.time.median_us,
                     row.cublas_us / row.time.median_us);
      }
    }
    std::printf(
        "%s\n",
        write_report(options, machine, rows, metrics, checked).c_str());  // so far: runs may be cut off
  }
  cudaStreamDestroy(stream);
}

}  // namespace
}  // namespace fp6sim::bench

int main(int argc, char** argv) {
  if (argc > 1 && (std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h")) {
    std::fputs(fp6sim::bench::kUsage, stdout);
    return 0;
  }
  try {
    fp6sim::bench::run(fp6sim::bench::parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_bench: %s\n", error.what());
    return 2;
  }
}
