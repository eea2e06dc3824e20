// What the simulator's GPU descriptions are made of: latencies, bandwidths, issue rates.
#include <numeric>
#include <random>
#include <vector>

#include "kernels/cuda/device_memory.h"
#include "kernels/device/device.cuh"
#include "tools/gpu_bench/timing.h"

namespace fp6sim::bench {
namespace {

using kernels::DeviceMemory;
using kernels::require;

constexpr int kHops = 4096;
constexpr int kRounds = 512;

__global__ void chase_global(const unsigned* next, unsigned hops, long long* cycles, unsigned* sink) {
  unsigned at = 0;
  for (unsigned i = 0; i < hops / 4; ++i)
    at = __ldcg(next + at);  // the first laps over a small ring bring it to L2
  const long long start = clock64();
  for (unsigned i = 0; i < hops; ++i) at = __ldcg(next + at);
  *cycles = clock64() - start;
  *sink = at;
}

__global__ void chase_shared(long long* cycles, unsigned* sink) {
  __shared__ unsigned next[1024];
  for (unsigned i = 0; i < 1024; ++i) next[i] = (i + 33) % 1024;
  unsigned at = 0;
  const long long start = clock64();
  for (int i = 0; i < kHops; ++i) at = next[at];
  *cycles = clock64() - start;
  *sink = at;
}

/// One 16-byte cp.async at a time: issue to landed.
__global__ void copy_latency(const uint4* from, std::size_t stride, long long* cycles) {
  __shared__ uint4 to;
  const long long start = clock64();
  for (int i = 0; i < kRounds; ++i) {
    kernels::cp_async<16>(&to, from + i * stride);
    kernels::cp_async_commit();
    kernels::cp_async_wait<0>();
  }
  *cycles = (clock64() - start) / kRounds;
}

enum class Pipe { kMma, kLop3, kPrmt, kHmul2, kShift };

/// Eight independent chains of one instruction a warp; cycles of warp 0 of CTA 0.
template <Pipe kPipe>
__global__ void issue(long long* cycles, unsigned* sink, unsigned seed) {
  unsigned word[8];
  float sum[4][4] = {};
  for (int i = 0; i < 8; ++i) word[i] = seed * (i + 1) + threadIdx.x;
  __syncthreads();
  const long long start = clock64();
  for (int round = 0; round < kRounds; ++round) {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      if constexpr (kPipe == Pipe::kLop3) word[i] = kernels::lop3<0x96>(word[i], seed, 0x5A5A5A5Au);
      if constexpr (kPipe == Pipe::kPrmt) word[i] = kernels::prmt(word[i], seed, 0x3715);
      if constexpr (kPipe == Pipe::kHmul2) word[i] = kernels::hmul2(word[i], seed);
      if constexpr (kPipe == Pipe::kShift) word[i] = kernels::rotate_right(word[i], seed);
      if constexpr (kPipe == Pipe::kMma) {
        if (i < 4) {
          const unsigned a[4] = {word[0], word[1], word[2], word[3]}, b[2] = {word[4], word[5]};
          kernels::mma_m16n8k16(kernels::MmaInput::kF16, sum[i], a, b, sum[i]);
        }
      }
    }
  }
  __syncthreads();
  const long long end = clock64();
  unsigned mixed = 0;
  for (int i = 0; i < 8; ++i) mixed ^= word[i] ^ __float_as_uint(sum[i % 4][i / 2]);
  if (threadIdx.x == 0 && blockIdx.x == 0) *cycles = end - start;
  if (mixed == 0x12345678u) *sink = mixed;
}

__global__ void __launch_bounds__(256) stream(const uint4* from, std::size_t count, unsigned* sink) {
  extern __shared__ unsigned occupancy_limit[];
  unsigned total = 0;
  for (std::size_t i = blockIdx.x * 256 + threadIdx.x; i < count; i += gridDim.x * std::size_t{256}) {
    const uint4 word = __ldcg(from + i);
    total += word.x ^ word.y ^ word.z ^ word.w;
  }
  if (total == 0x12345678u) *sink = total;
}

class Bench {
 public:
  explicit Bench(const Machine& machine)
      : machine_(machine), cycles_(8), sink_(4), big_(std::size_t{512} << 20) {
    fill_random(nullptr, big_.as(), big_.bytes(), 1);
  }

  /// Average cycles of a dependent load over a ring of lines in `bytes`.
  double global_latency(std::size_t bytes) {
    const std::size_t lines = bytes / 128;
    std::vector<unsigned> order(lines), next(lines * 32);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin() + 1, order.end(), std::mt19937(7));
    for (std::size_t i = 0; i < lines; ++i) next[order[i] * 32] = order[(i + 1) % lines] * 32;
    const DeviceMemory ring(next.data(), 4 * next.size());
    chase_global<<<1, 1>>>(ring.as<unsigned>(), kHops, cycles_.as<long long>(), sink_.as<unsigned>());
    return static_cast<double>(read_cycles()) / kHops;
  }
  double shared_latency() {
    chase_shared<<<1, 1>>>(cycles_.as<long long>(), sink_.as<unsigned>());
    return static_cast<double>(read_cycles()) / kHops;
  }
  double copy_latency_cycles() {
    copy_latency<<<1, 1>>>(big_.as<uint4>(), 4096, cycles_.as<long long>());
    return static_cast<double>(read_cycles());
  }
  /// GB/s of reading `bytes` again and again with at most `ctas_per_sm` CTAs of 256 threads on an SM.
  double bandwidth(std::size_t bytes, int ctas_per_sm) {
    const std::size_t shared =
        ctas_per_sm >= 8 ? 0 : machine_.limits.shared_bytes_per_sm / ctas_per_sm - 2048;
    const std::size_t limited = std::min(shared, machine_.limits.shared_bytes_per_block);
    require(
        cudaFuncSetAttribute(stream, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(limited)),
        "shared memory");
    cudaStream_t own = nullptr;
    require(cudaStreamCreate(&own), "stream");
    const Timing time = time_launches(own, 4, 9, [&](int) {
      stream<<<machine_.limits.sm_count * ctas_per_sm, 256, limited, own>>>(big_.as<uint4>(), bytes / 16,
                                                                            sink_.as<unsigned>());
    });
    cudaStreamDestroy(own);
    return static_cast<double>(bytes) / time.median_us / 1000.0;
  }
  /// Instructions of a warp that an SM issues in a cycle.
  template <Pipe kPipe>
  double rate() {
    constexpr int kWarps = 16;
    constexpr int kEach = kPipe == Pipe::kMma ? 4 : 8;
    for (int run = 0; run < 2; ++run) {
      issue<kPipe><<<1, 32 * kWarps>>>(cycles_.as<long long>(), sink_.as<unsigned>(), 0x3C003C00u);
    }
    return static_cast<double>(kWarps) * kEach * kRounds / static_cast<double>(read_cycles());
  }

 private:
  long long read_cycles() {
    require(cudaDeviceSynchronize(), "microbenchmark");
    long long cycles = 0;
    cycles_.copy_out(&cycles, 8);
    return cycles;
  }
  const Machine& machine_;
  DeviceMemory cycles_, sink_, big_;
};

}  // namespace

std::vector<Metric> run_microbenchmarks(const Machine& machine) {
  Bench bench(machine);
  std::vector<Metric> metrics{
      {"shared_latency", "cycles", bench.shared_latency()},
      {"l2_latency", "cycles", bench.global_latency(std::size_t{128} << 10)},
      {"dram_latency", "cycles", bench.global_latency(std::size_t{256} << 20)},
      {"cp_async_latency_dram", "cycles", bench.copy_latency_cycles()},
      {"mma_m16n8k16_rate", "warp instructions/cycle/SM", bench.rate<Pipe::kMma>()},
      {"lop3_rate", "warp instructions/cycle/SM", bench.rate<Pipe::kLop3>()},
      {"prmt_rate", "warp instructions/cycle/SM", bench.rate<Pipe::kPrmt>()},
      {"shf_rate", "warp instructions/cycle/SM", bench.rate<Pipe::kShift>()},
      {"hmul2_rate", "warp instructions/cycle/SM", bench.rate<Pipe::kHmul2>()},
      {"l2_bandwidth", "GB/s", bench.bandwidth(machine.l2_bytes / 4, 8)},
  };
  for (const int ctas : {1, 2, 4, 6, 8}) {
    metrics.push_back({"dram_bandwidth_" + std::to_string(256 * ctas) + "_threads", "GB/s",
                       bench.bandwidth(std::size_t{512} << 20, ctas)});
  }
  return metrics;
}

}  // namespace fp6sim::bench
