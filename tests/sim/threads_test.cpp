// Threads of one process that simulate at once get what they would get alone. Under the tsan preset this is
// the simulator's race check.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sim/simulate.h"

namespace fp6sim::sim {
namespace {

/// Everything a result says, to the last bit.
std::string all_of(const GemmResult& result) {
  std::ostringstream text;
  text << std::hexfloat << result.cycles << ' ' << result.time_us << ' ' << result.dram_bytes << ' '
       << result.energy_uj << ' ' << result.bound_by << ' ' << result.tile << ' ' << result.split_k;
  for (const StackEntry& entry : result.stack) text << ' ' << entry.share;
  for (const Counter& counter : result.counters) text << ' ' << counter.value;
  return text.str();
}

std::string simulated(int number) {
  static constexpr const char* kKernels[] = {"w6a16", "cublas-fp16", "trtllm-w8a16", "tc-fpx-w6a16"};
  static constexpr const char* kDesigns[] = {"simt", "simt", "smem", "l2"};
  const int which = number % 4;
  const GpuDescription gpu = load_gpu(number % 2 == 0 ? "a100-sxm-40g" : "h100-sxm");
  const GemmShape shape{1024 + 512 * number, 1024, 1 + 7 * number};
  return all_of(simulate_gemm(gpu, load_kernel(kKernels[which]), load_design(kDesigns[which]), shape));
}

TEST(Threads, SimulateAsIfAlone) {
  constexpr int kRuns = 8;
  std::vector<std::string> alone(kRuns), together(kRuns);
  for (int i = 0; i < kRuns; ++i) alone[static_cast<std::size_t>(i)] = simulated(i);
  std::vector<std::thread> threads;
  for (int i = 0; i < kRuns; ++i)
    threads.emplace_back([&together, i] { together[static_cast<std::size_t>(i)] = simulated(i); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(alone, together);
}

}  // namespace
}  // namespace fp6sim::sim
