#include <algorithm>
#include <vector>

#include "kernels/cuda/device_memory.h"
#include "tools/gpu_bench/timing.h"

namespace fp6sim::bench {
namespace {

using kernels::require;

constexpr int kLaunches = 12;
constexpr double kLongEnoughMs = 250;
constexpr std::size_t kFewestRepeats = 5;

__device__ unsigned mix(unsigned x) {
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  return x ^ (x >> 16);
}

__global__ void random_words(unsigned* to, std::size_t count, unsigned seed, bool halves) {
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < count;
       i += std::size_t{gridDim.x} * blockDim.x) {
    const unsigned random = mix(static_cast<unsigned>(i) ^ mix(seed));
    // Two halves with exponent fields 8..11 (2^-7 .. 2^-3), any sign and mantissa.
    to[i] = halves ? (random & 0x8FFF8FFFu) | 0x20002000u : random;
  }
}

__global__ void __launch_bounds__(512) reduce(const uint4* from, std::size_t count, unsigned* sum) {
  unsigned total = 0;
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x;
  for (; i + 3 * stride < count; i += 4 * stride) {
    uint4 words[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) words[j] = __ldcs(from + i + j * stride);
#pragma unroll
    for (int j = 0; j < 4; ++j) total += words[j].x ^ words[j].y ^ words[j].z ^ words[j].w;
  }
  for (; i < count; i += stride) {
    const uint4 word = __ldcs(from + i);
    total += word.x ^ word.y ^ word.z ^ word.w;
  }
  if (total == 0x12345678u) *sum = total;  // practically never: the loads must not be optimised away
}

__global__ void spin(long long cycles, long long* clocks, unsigned long long* nanoseconds) {
  unsigned long long start_ns, end_ns;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(start_ns));
  const long long start = clock64();
  long long now = start;
  while (now - start < cycles) now = clock64();
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(end_ns));
  *clocks = now - start;
  *nanoseconds = end_ns - start_ns;
}

}  // namespace

Timing time_launches(cudaStream_t stream, int copies, int repeats, const std::function<void(int)>& launch) {
  launch(0);                                // modules are loaded and limits raised outside the capture
  require(cudaGetLastError(), "a launch");  // of <<<>>>, which says nothing itself: an empty graph is fast
  require(cudaStreamSynchronize(stream), "warm-up");
  // Whole rounds of the rotation, enough launches that what starting a graph costs does not show.
  const int launches = (kLaunches + copies - 1) / copies * copies;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  for (int i = 0; i < launches; ++i) launch(i % copies);
  require(cudaStreamEndCapture(stream, &graph), "capture");
  require(cudaGraphInstantiate(&executable, graph, 0), "instantiate");
  cudaEvent_t begin, end;
  require(cudaEventCreate(&begin), "event");
  require(cudaEventCreate(&end), "event");
  std::vector<double> times;
  double spent_ms = 0;
  for (int repeat = -2; repeat < repeats; ++repeat) {  // the first two warm up
    require(cudaEventRecord(begin, stream), "record");
    require(cudaGraphLaunch(executable, stream), "launch");
    require(cudaEventRecord(end, stream), "record");
    require(cudaEventSynchronize(end), "the kernels");
    float milliseconds = 0;
    require(cudaEventElapsedTime(&milliseconds, begin, end), "elapsed time");
    if (repeat >= 0) times.push_back(1000.0 * milliseconds / launches);
    spent_ms += milliseconds;
    if (spent_ms > kLongEnoughMs && times.size() >= kFewestRepeats) break;  // slow kernels: fewer of them
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * (times.size() - 1) + 0.5)];
  };
  return {at(0.5), 100.0 * (at(0.9) - at(0.1)) / at(0.5)};
}

int copies_for(std::size_t bytes, const Machine& machine, bool warm) {
  if (warm) return 1;
  const std::size_t wanted = 4 * machine.l2_bytes;
  const std::size_t fit = machine.memory_bytes / 2 / bytes;
  return static_cast<int>(std::clamp<std::size_t>(wanted / bytes + 2, 2, std::max<std::size_t>(2, fit)));
}

double measure_clock_mhz(cudaStream_t stream) {
  const kernels::DeviceMemory clocks(8), nanoseconds(8);
  spin<<<1, 1, 0, stream>>>(2'000'000, clocks.as<long long>(), nanoseconds.as<unsigned long long>());
  require(cudaStreamSynchronize(stream), "clock");
  long long cycles = 0;
  unsigned long long time = 0;
  clocks.copy_out(&cycles, 8);
  nanoseconds.copy_out(&time, 8);
  return 1000.0 * static_cast<double>(cycles) / static_cast<double>(time);
}

void fill_random(cudaStream_t stream, void* start, std::size_t bytes, unsigned seed) {
  random_words<<<1024, 256, 0, stream>>>(static_cast<unsigned*>(start), bytes / 4, seed, false);
}
void fill_halves(cudaStream_t stream, void* start, std::size_t bytes, unsigned seed) {
  random_words<<<1024, 256, 0, stream>>>(static_cast<unsigned*>(start), bytes / 4, seed, true);
}
void launch_reduction(cudaStream_t stream, const void* start, std::size_t bytes, unsigned* sum,
                      const Machine& machine) {
  reduce<<<4 * machine.limits.sm_count, 512, 0, stream>>>(static_cast<const uint4*>(start), bytes / 16, sum);
}

}  // namespace fp6sim::bench
