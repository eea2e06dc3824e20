// The memory path alone: 100 MB streamed once through crossbar, L2 and DRAM, every 32-byte sector accounted
// for. Beside the time stands the bandwidth it gives and, from the timing table, what refresh leaves of the
// peak.
#include <benchmark/benchmark.h>

#include <string>

#include "sim/microbenchmark/microbenchmark.h"

namespace {

constexpr std::uint64_t kBytes = 100'000'000;

void stream(benchmark::State& state, const std::string& name) {
  const fp6sim::sim::GpuDescription gpu = fp6sim::sim::load_gpu(name);
  double gb_per_s = 0;
  for (auto _ : state) gb_per_s = fp6sim::sim::memory_stream_gb_per_s(gpu, kBytes);
  state.counters["dram_gb_per_s"] = gb_per_s;
  state.counters["closed_form_gb_per_s"] = gpu.dram.sustained_bytes_per_s() * 1e-9;
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(kBytes));
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string& name : fp6sim::sim::gpu_names()) {
    benchmark::RegisterBenchmark(("stream_100_MB/" + name).c_str(), [name](benchmark::State& state) {
      stream(state, name);
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
