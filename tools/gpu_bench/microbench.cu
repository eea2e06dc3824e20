// What the simulator's GPU descriptions are made of: latencies, bandwidths, issue rates.
#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/cuda/device_memory.h"
#include "kernels/device/device.cuh"
#include "tools/gpu_bench/microbench.h"
#include "tools/gpu_bench/timing.h"

namespace fp6sim::bench {
namespace {

using kernels::DeviceMemory;
using kernels::require;

constexpr int kHops = 4096;
constexpr int kRounds = 512;

using Address = unsigned long long;

/// A ring of addresses: a hop is a load and no arithmetic.
__global__ void chase_global(const Address* ring, unsigned hops, long long* cycles, unsigned* sink) {
  auto at = reinterpret_cast<Address>(ring);
  const auto hop = [&] { at = __ldcg(reinterpret_cast<const Address*>(at)); };
  for (unsigned i = 0; i < hops / 4; ++i) hop();  // a lap over a small ring brings it to L2
  const long long start = clock64();
  for (unsigned i = 0; i < hops; ++i) hop();
  *cycles = clock64() - start;
  *sink = static_cast<unsigned>(at);
}

__global__ void chase_shared(long long* cycles, unsigned* sink) {
  __shared__ unsigned ring[1024];
  for (unsigned i = 0; i < 1024; ++i) ring[i] = kernels::shared_address(ring + (i + 33) % 1024);
  unsigned at = ring[0];
  const long long start = clock64();
  for (int i = 0; i < kHops; ++i) asm volatile("ld.shared.u32 %0, [%0];" : "+r"(at)::"memory");
  *cycles = clock64() - start;
  *sink = at;
}

/// One 16-byte cp.async at a time, issue to landed, over kRounds places `stride` apart. The last of `laps`
/// counts.
__global__ void copy_latency(const uint4* from, std::size_t stride, int laps, long long* cycles) {
  __shared__ uint4 to;
  for (int lap = 0; lap < laps; ++lap) {
    const long long start = clock64();
    for (int i = 0; i < kRounds; ++i) {
      kernels::cp_async<16>(&to, from + i * stride);
      kernels::cp_async_commit();
      kernels::cp_async_wait<0>();
    }
    *cycles = (clock64() - start) / kRounds;
  }
}

/// 16-byte loads of consecutive lanes: no bank conflicts.
__global__ void __launch_bounds__(1024) read_shared(long long* cycles, unsigned* sink) {
  __shared__ uint4 words[2048];
  words[threadIdx.x] = words[threadIdx.x + 1024] = make_uint4(threadIdx.x, 1, 2, 3);
  __syncthreads();
  unsigned total = 0;
  const long long start = clock64();
#pragma unroll 8
  for (int round = 0; round < kRounds; ++round) {
    const uint4 word = words[(threadIdx.x + 32 * round) % 2048];
    total += word.x ^ word.y ^ word.z ^ word.w;
  }
  __syncthreads();
  if (threadIdx.x == 0) *cycles = clock64() - start;
  if (total == 0x12345678u) *sink = total;
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

__global__ void __launch_bounds__(256)
    stream(const uint4* from, std::size_t count, int passes, unsigned* sink) {
  unsigned total = 0;
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t i = blockIdx.x * 256 + threadIdx.x; i < count; i += gridDim.x * std::size_t{256}) {
      const uint4 word = __ldcg(from + i);
      total += word.x ^ word.y ^ word.z ^ word.w;
    }
  }
  if (total == 0x12345678u) *sink = total;
}

class Bench {
 public:
  explicit Bench(const Machine& machine)
      : machine_(machine),
        cycles_(8),
        sink_(4),
        big_(std::max(std::size_t{512} << 20, 4 * machine.l2_bytes)) {
    fill_random(nullptr, big_.as(), big_.bytes(), 1);
  }

  /// Average cycles of a dependent load over a ring of lines in `bytes`: from L2 where they fit it, else from
  /// memory, with what the host's copy left in L2 pushed out.
  double global_latency(std::size_t bytes) {
    const std::size_t lines = bytes / 128;
    std::vector<std::size_t> order(lines);
    std::vector<Address> next(lines * 16);
    DeviceMemory ring(bytes);
    const auto first = reinterpret_cast<Address>(ring.as());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin() + 1, order.end(), std::mt19937(7));
    for (std::size_t i = 0; i < lines; ++i) next[order[i] * 16] = first + order[(i + 1) % lines] * 128;
    ring.copy_in(next.data(), bytes);
    push_out();
    chase_global<<<1, 1>>>(ring.as<Address>(), kHops, cycles_.as<long long>(), sink_.as<unsigned>());
    return static_cast<double>(read_cycles()) / kHops;
  }
  double shared_latency() {
    chase_shared<<<1, 1>>>(cycles_.as<long long>(), sink_.as<unsigned>());
    return static_cast<double>(read_cycles()) / kHops;
  }
  /// The first lap over places 64 KB apart comes from memory, the second from L2.
  double copy_latency_cycles(int laps) {
    push_out();
    copy_latency<<<1, 1>>>(big_.as<uint4>(), 4096, laps, cycles_.as<long long>());
    return static_cast<double>(read_cycles());
  }
  double bulk_latency_cycles(unsigned bytes, int laps) {
    push_out();
    launch_bulk_latency(big_.as<std::byte>(), bytes, laps, cycles_.as<long long>());
    return static_cast<double>(read_cycles());
  }
  double shared_bandwidth() {
    for (int run = 0; run < 2; ++run) read_shared<<<1, 1024>>>(cycles_.as<long long>(), sink_.as<unsigned>());
    return 16.0 * 1024 * kRounds / static_cast<double>(read_cycles());
  }
  /// GB/s of reading `bytes` `passes` times with at most `ctas_per_sm` CTAs of 256 threads on an SM.
  double bandwidth(std::size_t bytes, int passes, int ctas_per_sm) {
    const std::size_t shared =
        ctas_per_sm >= 8 ? 0 : machine_.limits.shared_bytes_per_sm / ctas_per_sm - 2048;
    const std::size_t limited = std::min(shared, machine_.limits.shared_bytes_per_block);
    require(
        cudaFuncSetAttribute(stream, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(limited)),
        "shared memory");
    require(cudaFuncSetAttribute(stream, cudaFuncAttributePreferredSharedMemoryCarveout,
                                 cudaSharedmemCarveoutMaxShared),
            "shared memory");
    cudaStream_t own = nullptr;
    require(cudaStreamCreate(&own), "stream");
    const Timing time = time_launches(own, 1, 9, [&](int) {
      stream<<<machine_.limits.sm_count * ctas_per_sm, 256, limited, own>>>(big_.as<uint4>(), bytes / 16,
                                                                            passes, sink_.as<unsigned>());
    });
    cudaStreamDestroy(own);
    return static_cast<double>(bytes) * passes / time.median_us / 1000.0;
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
  const Machine& machine() const { return machine_; }

 private:
  /// Everything else out of L2, by reading more than it holds.
  void push_out() {
    stream<<<8 * machine_.limits.sm_count, 256>>>(
        reinterpret_cast<const uint4*>(big_.as<std::byte>() + big_.bytes() - 3 * machine_.l2_bytes),
        3 * machine_.l2_bytes / 16, 1, sink_.as<unsigned>());
  }
  long long read_cycles() {
    require(cudaGetLastError(), "microbenchmark");
    require(cudaDeviceSynchronize(), "microbenchmark");
    long long cycles = 0;
    cycles_.copy_out(&cycles, 8);
    return cycles;
  }
  const Machine& machine_;
  DeviceMemory cycles_, sink_, big_;
};

constexpr const char* kRate = "warp instructions/cycle/SM";

std::vector<Metric> copies(Bench& bench) {
  std::vector<Metric> metrics{{"cp_async_latency_dram", "cycles", bench.copy_latency_cycles(1)},
                              {"cp_async_latency_l2", "cycles", bench.copy_latency_cycles(2)}};
  const int capability = bench.machine().limits.compute_capability;
  if (capability < 90 || capability >= 110) return metrics;  // no bulk copies, or no machine code of them
  for (const unsigned bytes : {16u, 2048u, 8192u}) {
    const std::string name = "bulk_copy_" + std::to_string(bytes) + "_latency_";
    metrics.push_back({name + "dram", "cycles", bench.bulk_latency_cycles(bytes, 1)});
    metrics.push_back({name + "l2", "cycles", bench.bulk_latency_cycles(bytes, 2)});
  }
  return metrics;
}

}  // namespace

std::vector<Metric> run_microbenchmarks(const Machine& machine, const std::string& group) {
  Bench bench(machine);
  if (group == "latency") {
    return {{"shared_latency", "cycles", bench.shared_latency()},
            {"l2_latency", "cycles", bench.global_latency(std::size_t{128} << 10)},
            {"dram_latency", "cycles", bench.global_latency(std::size_t{256} << 20)}};
  }
  if (group == "copy") return copies(bench);
  if (group == "issue") {
    return {{"mma_m16n8k16_rate", kRate, bench.rate<Pipe::kMma>()},
            {"lop3_rate", kRate, bench.rate<Pipe::kLop3>()},
            {"prmt_rate", kRate, bench.rate<Pipe::kPrmt>()},
            {"shf_rate", kRate, bench.rate<Pipe::kShift>()},
            {"hmul2_rate", kRate, bench.rate<Pipe::kHmul2>()}};
  }
  if (group == "bandwidth") {
    return {{"shared_bandwidth", "bytes/cycle/SM", bench.shared_bandwidth()},
            {"l2_bandwidth", "GB/s", bench.bandwidth(machine.l2_bytes / 4, 64, 8)},
            {"dram_bandwidth", "GB/s", bench.bandwidth(std::size_t{512} << 20, 4, 8)}};
  }
  std::vector<Metric> metrics;
  for (const int ctas : {1, 2, 3, 4, 6, 8}) {
    metrics.push_back({"dram_bandwidth_" + std::to_string(256 * ctas) + "_threads", "GB/s",
                       bench.bandwidth(std::size_t{512} << 20, 2, ctas)});
  }
  return metrics;
}

}  // namespace fp6sim::bench
