// Six-bit weights against memory: encode and pack, quantise and pack, dequantise, each beside a copy that
// moves as many bytes and beside the scalar conversion of NVIDIA's host header where it is installed.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "emu/binary16.h"
#include "emu/fp6_stream.h"
#include "emu/packing/linear.h"
#include "emu/simd/target.h"

#ifdef FP6SIM_CUDA_ORACLE
#include <cuda_fp6.h>
#endif
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace fp6sim::emu {
namespace {

constexpr std::size_t kInL2 = std::size_t{1} << 18;    // 0.7 MB of packed words and binary16
constexpr std::size_t kInDram = std::size_t{1} << 28;  // 740 MB: beyond any last-level cache here

std::vector<float> weights(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  std::vector<float> all(std::min<std::size_t>(count, 1 << 20));
  for (auto& w : all) w = normal(random);
  std::vector<float> repeated(count);
  for (std::size_t at = 0; at < count; at += all.size())
    std::copy(all.begin(), all.end(), repeated.begin() + static_cast<std::ptrdiff_t>(at));
  return repeated;
}

void report(benchmark::State& state, std::size_t elements, std::size_t bytes_read,
            std::size_t bytes_written) {
  const auto runs = static_cast<double>(state.iterations());
  state.counters["elements/s"] =
      benchmark::Counter(runs * static_cast<double>(elements), benchmark::Counter::kIsRate);
  state.counters["bytes/s"] =
      benchmark::Counter(runs * static_cast<double>(bytes_read + bytes_written), benchmark::Counter::kIsRate);
}

struct Words {
  std::vector<std::uint32_t> wide, narrow;
  explicit Words(std::size_t count)
      : wide(linear_size(Split::k4Plus2, count).wide_words, 0x12345678u),
        narrow(linear_size(Split::k4Plus2, count).narrow_words, 0x9ABCDEF0u) {}
};

// What memory gives a kernel that reads one array and writes another of another size: loads with prefetching,
// in turn with stores around the caches, 64 bytes at a time and nothing in between.
void move_streamed(const std::vector<char>& from, std::vector<char>& to) {
#ifdef __SSE2__
  const std::size_t reads = from.size() / 64;
  const std::size_t writes = to.size() / 64;
  const char* in = from.data();
  auto* out = reinterpret_cast<__m128i*>(to.data());
  __m128i sum = _mm_setzero_si128();
  std::size_t read = 0;
  const auto read_line = [&] {
    _mm_prefetch(in + 64 * read + 8192, _MM_HINT_T0);
    const auto* const line = reinterpret_cast<const __m128i*>(in + 64 * read++);
    for (int i = 0; i < 4; ++i) sum = _mm_xor_si128(sum, _mm_loadu_si128(line + i));
  };
  std::size_t owed = 0;
  for (std::size_t i = 0; i < writes; ++i) {
    for (owed += reads; owed >= writes && read < reads; owed -= writes) read_line();
    for (std::size_t j = 0; j < 4; ++j) _mm_stream_si128(out + 4 * i + j, sum);
  }
  while (read < reads) read_line();
  benchmark::DoNotOptimize(sum);
  _mm_sfence();
#else
  std::memcpy(to.data(), from.data(), std::min(from.size(), to.size()));
#endif
}

// Reads and writes as many bytes as dequantising range(0) weights: 3/4 and 2 bytes each.
void MoveBytesOfDequantize(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<char> from(count * 3 / 4, 1), to(count * 2, 2);
  for (auto _ : state) {
    move_streamed(from, to);
    benchmark::ClobberMemory();
  }
  report(state, count, from.size(), to.size());
}
BENCHMARK(MoveBytesOfDequantize)->Arg(kInDram)->Unit(benchmark::kMillisecond);

// memcpy of the same total: half read, half written.
void Memcpy(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<char> from(count * 11 / 8, 1), to(count * 11 / 8, 2);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), to.size());
    benchmark::ClobberMemory();
  }
  report(state, count, from.size(), to.size());
}
BENCHMARK(Memcpy)->Arg(kInL2)->Unit(benchmark::kMicrosecond);
BENCHMARK(Memcpy)->Arg(kInDram)->Unit(benchmark::kMillisecond);

void Dequantize(benchmark::State& state, std::string target, Split split, std::size_t group) {
  use_simd_target(target);
  const auto count = static_cast<std::size_t>(state.range(0));
  const Words words(count);
  group = group == 0 ? 8192 : group;
  const std::vector<std::uint16_t> scales(count / group, to_binary16(0.013f));
  std::vector<std::uint16_t> out(count, 1);
  for (auto _ : state) {
    if (dequantize_fp6(kE3M2, split, words.wide, words.narrow, scales, group, out) != StreamStatus::kDone) {
      state.SkipWithError("refused");
    }
    benchmark::ClobberMemory();
  }
  report(state, count, count * 3 / 4, count * 2);
  use_simd_target("");
}

void EncodeAndPack(benchmark::State& state, std::string target, Split split) {
  use_simd_target(target);
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto in = weights(count);
  Words words(count);
  for (auto _ : state) {
    if (encode_and_pack_fp6(kE3M2, split, in, words.wide, words.narrow) != StreamStatus::kDone)
      state.SkipWithError("refused");
    benchmark::ClobberMemory();
  }
  report(state, count, count * 4, count * 3 / 4);
  use_simd_target("");
}

void QuantizeAndPack(benchmark::State& state, std::string target, Split split, std::size_t group) {
  use_simd_target(target);
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto in = weights(count);
  Words words(count);
  std::vector<std::uint16_t> scales(count / group);
  for (auto _ : state) {
    if (quantize_and_pack_fp6(kE3M2, split, in, group, words.wide, words.narrow, scales) !=
        StreamStatus::kDone)
      state.SkipWithError("refused");
    benchmark::ClobberMemory();
  }
  report(state, count, count * 4, count * 3 / 4);
  use_simd_target("");
}

// Reads as many bytes as encoding range(0) weights does (4 each) and writes 3/4: the roof of encode and
// quantise.
void MoveBytesOfEncode(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<char> from(count * 4, 1), to(count * 3 / 4, 2);
  for (auto _ : state) {
    move_streamed(from, to);
    benchmark::ClobberMemory();
  }
  report(state, count, from.size(), to.size());
}
BENCHMARK(MoveBytesOfEncode)->Arg(kInDram)->Unit(benchmark::kMillisecond);

#ifdef FP6SIM_CUDA_ORACLE
void CudaHostEncode(benchmark::State& state) {
  const auto in = weights(kInL2);
  std::vector<std::uint8_t> codes(in.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < in.size(); ++i)
      codes[i] = __nv_cvt_float_to_fp6(in[i], __NV_E3M2, cudaRoundNearest);
    benchmark::ClobberMemory();
  }
  report(state, in.size(), in.size() * 4, in.size());
}
BENCHMARK(CudaHostEncode)->Unit(benchmark::kMicrosecond);

void CudaHostDecode(benchmark::State& state) {
  std::vector<std::uint8_t> codes(kInL2);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(i % 64);
  std::vector<__half_raw> out(codes.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < codes.size(); ++i) out[i] = __nv_cvt_fp6_to_halfraw(codes[i], __NV_E3M2);
    benchmark::ClobberMemory();
  }
  report(state, codes.size(), codes.size(), codes.size() * 2);
}
BENCHMARK(CudaHostDecode)->Unit(benchmark::kMicrosecond);
#endif

// One of each for every SIMD target of this machine; "row" is one scale for 8192 weights.
const bool kRegistered = [] {
  for (const std::string& target : simd_targets()) {
    if (target == "SCALAR" || target == "SSSE3") continue;
    for (const Split split : {Split::k4Plus2, Split::k4Plus2Byte}) {
      const std::string tail = "/" + target + "/" + std::string(name(split));
      for (const std::size_t group : {std::size_t{0}, std::size_t{128}}) {
        const std::string grouped = (group == 0 ? "/row" : "/g128") + tail;
        auto* const dequantize =
            benchmark::RegisterBenchmark(("Dequantize" + grouped).c_str(), Dequantize, target, split, group);
        dequantize->Arg(kInL2)->Arg(kInDram)->Unit(benchmark::kMicrosecond);
      }
      benchmark::RegisterBenchmark(("EncodeAndPack" + tail).c_str(), EncodeAndPack, target, split)
          ->Arg(kInL2)
          ->Arg(kInDram)
          ->Unit(benchmark::kMicrosecond);
      benchmark::RegisterBenchmark(("QuantizeAndPack/g128" + tail).c_str(), QuantizeAndPack, target, split,
                                   std::size_t{128})
          ->Arg(kInL2)
          ->Arg(kInDram)
          ->Unit(benchmark::kMicrosecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace fp6sim::emu
