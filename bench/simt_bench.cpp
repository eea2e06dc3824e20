// The executor on a GEMM-like inner loop: warp steps of mma.m16n8k16 a second, with the checks and the
// recorder on and off. Yardstick in the same run: the tensor core's arithmetic alone, on one core.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "emu/mma/mma.h"
#include "emu/simt/device.h"
#include "emu/simt/launch.h"
#include "emu/trace/recorder.h"

namespace {

using namespace fp6sim;

struct alignas(16) Words4 {
  std::uint32_t word[4];
};

constexpr unsigned kThreads = 128, kStages = 4, kStageWords = kThreads * 6 + 512, kStepsPerTile = 4;

// Per k tile and warp: 6 words of packed codes a lane by cp.async, activations by ldmatrix, about 15 integer
// and half2 operations a step, four mma steps.
void gemm_like(const std::uint32_t* weights, const std::uint32_t* activations, unsigned tiles, float* out) {
  auto* shared = reinterpret_cast<std::uint32_t*>(simt::dynamic_shared());
  const unsigned t = simt::thread_idx().x;
  const auto issue = [&](unsigned tile) {
    if (tile < tiles) {
      std::uint32_t* stage = shared + tile % kStages * kStageWords;
      const std::uint32_t* from = weights + std::size_t{tile} * kThreads * 6;
      simt::cp_async<16>(stage + t * 4, from + t * 4);
      simt::cp_async<8>(stage + kThreads * 4 + t * 2, from + kThreads * 4 + t * 2);
      simt::cp_async<16>(stage + kThreads * 6 + t * 4, activations + t * 4);
    }
    simt::cp_async_commit();
  };
  for (unsigned s = 0; s + 1 < kStages; ++s) issue(s);
  float acc[4] = {};
  for (unsigned tile = 0; tile < tiles; ++tile) {
    simt::cp_async_wait_group(kStages - 2);
    simt::sync_threads();
    issue(tile + kStages - 1);
    const std::uint32_t* stage = shared + tile % kStages * kStageWords;
    const Words4 four = simt::load_shared(reinterpret_cast<const Words4*>(stage) + t);
    const std::uint64_t two =
        simt::load_shared(reinterpret_cast<const std::uint64_t*>(stage + kThreads * 4) + t);
    for (unsigned step = 0; step < kStepsPerTile; ++step) {
      std::uint32_t b[2], a[4];
      simt::ldmatrix(b, stage + kThreads * 6 + step * 64 + t % 32 * 4);
      for (unsigned i = 0; i < 4; ++i) {
        const std::uint32_t low = simt::rotate_left(static_cast<std::uint32_t>(two >> (step * 8)), i);
        const std::uint32_t joined = simt::lop3<0xEA>(four.word[step], 0x99999999u, low);
        a[i] = simt::hmul2(simt::prmt(joined, 0, 0x1404), 0x3C003C00u);
      }
      simt::mma_m16n8k16(simt::MmaInput::kF16, acc, a, b, acc);
    }
  }
  simt::store_global(out + simt::block_idx().x * kThreads + t, acc[0]);
}

struct Discard : trace::Recorder {
  std::atomic<std::uint64_t> events{0};
  void begin_launch(const trace::LaunchInfo&) override {}
  void add_cta(std::uint64_t, trace::Program&& program) override {
    for (const auto& warp : program.warps) events += warp.events.size();
  }
  void end_launch() override {}
};

void run(benchmark::State& state, bool check_races, bool record) {
  const unsigned tiles = 200, ctas = 4;
  std::vector<std::uint32_t> weights(std::size_t{tiles} * kThreads * 6, 0x12345678),
      activations(512, 0x3C003C00);
  std::vector<float> out(ctas * kThreads);
  Discard discard;
  simt::LaunchConfig config;
  config.kernel_name = "gemm_like";
  config.grid = {ctas};
  config.block = {kThreads};
  config.dynamic_shared_bytes = kStages * kStageWords * 4;
  config.check_races = check_races;
  config.workers = 1;
  config.recorder = record ? &discard : nullptr;
  config.buffers = {simt::read_only("weights", weights.data(), weights.size()),
                    simt::read_only("activations", activations.data(), activations.size()),
                    simt::read_write("out", out.data(), out.size())};
  std::uint64_t steps = 0;
  for (auto _ : state) {
    steps += simt::launch(config, gemm_like, weights.data(), activations.data(), tiles, out.data()).mma_steps;
  }
  state.counters["mma_steps"] = benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
}

void executor_plain(benchmark::State& state) {
  run(state, false, false);
}
void executor_checked(benchmark::State& state) {
  run(state, true, false);
}
void executor_recorded(benchmark::State& state) {
  run(state, true, true);
}

void mma_alone(benchmark::State& state) {
  std::vector<std::uint16_t> a(256, 0x3C00), b(128, 0x3800);
  std::vector<float> c(128, 1.0f);
  for (auto _ : state) {
    emu::mma_m16n8k16(emu::Architecture::kAmpere, emu::TileInput::kBinary16, a.data(), b.data(), c.data(),
                      c.data());
    benchmark::DoNotOptimize(c.data());
  }
  state.counters["mma_steps"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

BENCHMARK(executor_plain)->Unit(benchmark::kMillisecond);
BENCHMARK(executor_checked)->Unit(benchmark::kMillisecond);
BENCHMARK(executor_recorded)->Unit(benchmark::kMillisecond);
BENCHMARK(mma_alone);

}  // namespace
