// The exact GEMM beside a plain binary32 loop and a BLAS, in multiply-accumulates a second.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "emu/binary16.h"
#include "emu/gemm/gemm.h"
#include "emu/parallel.h"
#include "emu/simd/target.h"

#ifdef FP6SIM_OPENBLAS
#include <cblas.h>
extern "C" void openblas_set_num_threads(int threads);
#endif

namespace {

using namespace fp6sim::emu;

struct Layer {
  GemmShape shape;
  std::vector<std::uint16_t> w, x;
  std::vector<float> w_values, x_values, y;

  explicit Layer(const GemmShape& s, TileInput input = TileInput::kBinary16) : shape(s) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    const auto fill = [&](std::vector<std::uint16_t>& codes, std::vector<float>& values, std::int64_t size,
                          float sigma) {
      for (std::int64_t i = 0; i < size; ++i) {
        const float value = normal(random) * sigma;
        codes.push_back(input == TileInput::kBinary16 ? to_binary16(value) : to_bfloat16(value));
        values.push_back(value);
      }
    };
    fill(w, w_values, s.m * s.k, 0.02f);
    fill(x, x_values, s.n * s.k, 1.0f);
    y.resize(static_cast<std::size_t>(s.m * s.n));
  }
};

const GemmShape kComputeBound{1024, 4096, 64};
const GemmShape kDecodeLayer{8192, 8192, 8};

void count(benchmark::State& state, const GemmShape& shape) {
  const double macs =
      static_cast<double>(shape.m) * static_cast<double>(shape.k) * static_cast<double>(shape.n);
  state.counters["MAC/s"] = benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
}

void run_exact(benchmark::State& state, const GemmShape& shape, Architecture architecture, TileInput input,
               int threads, const std::string& target) {
  Layer layer(shape, input);
  set_thread_count(threads);
  use_simd_target(target);
  const GemmSchedule schedule{.architecture = architecture, .input = input};
  for (auto _ : state) {
    exact_gemm(schedule, shape, layer.w, layer.x, std::span<float>(layer.y));
    benchmark::DoNotOptimize(layer.y.data());
  }
  use_simd_target("");
  set_thread_count(0);
  count(state, shape);
}

using AddScaledRow = void (*)(std::size_t m, float x, const float* w, float* y);

void add_scaled_row(std::size_t m, float x, const float* __restrict w, float* __restrict y) {
  for (std::size_t i = 0; i < m; ++i) y[i] += w[i] * x;
}
#ifdef __x86_64__
__attribute__((target("avx2"))) void add_scaled_row_avx2(std::size_t m, float x, const float* __restrict w,
                                                         float* __restrict y) {
  for (std::size_t i = 0; i < m; ++i) y[i] += w[i] * x;
}
#endif

/// What a programmer writes first: outputs in the inner loop, so that the compiler vectorises it without
/// reordering a sum. One thread, -O3 as every other source here, for the baseline instruction set and for
/// AVX2.
void plain_loop(benchmark::State& state, const GemmShape& shape, AddScaledRow add) {
  Layer layer(shape);
  const auto m = static_cast<std::size_t>(shape.m), k = static_cast<std::size_t>(shape.k);
  std::vector<float> w_by_k(m * k);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < k; ++j) w_by_k[j * m + i] = layer.w_values[i * k + j];
  }
  for (auto _ : state) {
    std::fill(layer.y.begin(), layer.y.end(), 0.0f);
    for (std::size_t n = 0; n < static_cast<std::size_t>(shape.n); ++n) {
      for (std::size_t j = 0; j < k; ++j) {
        add(m, layer.x_values[n * k + j], w_by_k.data() + j * m, layer.y.data() + n * m);
      }
    }
    benchmark::DoNotOptimize(layer.y.data());
  }
  count(state, shape);
}

/// The textbook's: a dot product an output.
void plain_dot_products(benchmark::State& state, const GemmShape& shape) {
  Layer layer(shape);
  const auto m = static_cast<std::size_t>(shape.m), k = static_cast<std::size_t>(shape.k);
  for (auto _ : state) {
    for (std::size_t n = 0; n < static_cast<std::size_t>(shape.n); ++n) {
      for (std::size_t i = 0; i < m; ++i) {
        float sum = 0;
        for (std::size_t j = 0; j < k; ++j) sum += layer.w_values[i * k + j] * layer.x_values[n * k + j];
        layer.y[n * m + i] = sum;
      }
    }
    benchmark::DoNotOptimize(layer.y.data());
  }
  count(state, shape);
}

#ifdef FP6SIM_OPENBLAS
void blas(benchmark::State& state, const GemmShape& shape) {
  Layer layer(shape);
  openblas_set_num_threads(1);
  const auto m = static_cast<int>(shape.m), n = static_cast<int>(shape.n), k = static_cast<int>(shape.k);
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, m, k, 1.0f, layer.x_values.data(), k,
                layer.w_values.data(), k, 0.0f, layer.y.data(), m);
    benchmark::DoNotOptimize(layer.y.data());
  }
  count(state, shape);
}
#endif

void tile(benchmark::State& state, Architecture architecture) {
  const Layer layer({16, 16, 8});
  std::vector<float> c(128, 1.0f), d(128);
  for (auto _ : state) {
    mma_m16n8k16(architecture, TileInput::kBinary16, layer.w.data(), layer.x.data(), c.data(), d.data());
    benchmark::DoNotOptimize(d.data());
  }
  count(state, layer.shape);
}

void scalar_reference(benchmark::State& state, Architecture architecture) {
  const Layer layer({1, 16, 1});
  const MmaContext context = mma_context(architecture, kFp16, kFp16);
  std::uint32_t d = 0;
  for (auto _ : state) {
    d = mma_chain(context, layer.w, layer.x, 0);
    benchmark::DoNotOptimize(d);
  }
  count(state, layer.shape);
}

struct NamedRule {
  const char* name;
  Architecture architecture;
  TileInput input;
};

int register_all() {
  using benchmark::RegisterBenchmark;
  const NamedRule rules[] = {{"volta_f16", Architecture::kVolta, TileInput::kBinary16},
                             {"turing_f16", Architecture::kTuring, TileInput::kBinary16},
                             {"ampere_f16", Architecture::kAmpere, TileInput::kBinary16},
                             {"ampere_bf16", Architecture::kAmpere, TileInput::kBfloat16},
                             {"hopper_f16", Architecture::kHopper, TileInput::kBinary16},
                             {"hopper_bf16", Architecture::kHopper, TileInput::kBfloat16}};
  RegisterBenchmark("compute/plain_loop", plain_loop, kComputeBound, add_scaled_row)
      ->Unit(benchmark::kMillisecond);
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) {
    RegisterBenchmark("compute/plain_loop_avx2", plain_loop, kComputeBound, add_scaled_row_avx2)
        ->Unit(benchmark::kMillisecond);
  }
#endif
  RegisterBenchmark("compute/plain_dot_products", plain_dot_products, kComputeBound)
      ->Unit(benchmark::kMillisecond);
#ifdef FP6SIM_OPENBLAS
  RegisterBenchmark("compute/openblas", blas, kComputeBound)->Unit(benchmark::kMillisecond);
#endif
  for (const std::string& target : simd_targets()) {
    if (target == "SCALAR") continue;  // minutes; scalar_reference below says how fast it is
    for (const NamedRule& rule : rules) {
      RegisterBenchmark(("compute/" + std::string(rule.name) + "/" + target).c_str(), run_exact,
                        kComputeBound, rule.architecture, rule.input, 1, target)
          ->Unit(benchmark::kMillisecond);
    }
  }
  for (const int threads : {1, 2, 4}) {
    for (const bool decode : {false, true}) {
      RegisterBenchmark(
          ((decode ? "layer_8192x8192_batch8/ampere_f16/threads:" : "scaling/ampere_f16/threads:") +
           std::to_string(threads))
              .c_str(),
          run_exact, decode ? kDecodeLayer : kComputeBound, Architecture::kAmpere, TileInput::kBinary16,
          threads, std::string())
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  RegisterBenchmark("tile_m16n8k16/ampere", tile, Architecture::kAmpere);
  RegisterBenchmark("tile_m16n8k16/hopper", tile, Architecture::kHopper);
  RegisterBenchmark("scalar_reference/ampere", scalar_reference, Architecture::kAmpere);
  RegisterBenchmark("scalar_reference/hopper", scalar_reference, Architecture::kHopper);
  return 0;
}

[[maybe_unused]] const int registered = register_all();

}  // namespace
