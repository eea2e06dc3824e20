// How fast the Verilated unit runs: 32 lanes, two registers, a new random beat in every cycle, a scale every
// four. The yardsticks beside it: its C++ timing model (cycles alone) and emu's dequantisation (weights
// alone).
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "UnitE3M2.h"
#include "emu/dequantize.h"
#include "emu/rounding.h"
#include "rtl/model/unit_timing.h"
#include "rtl/model/verilated_unit.h"

namespace fp6sim::rtl {
namespace {

constexpr int kLanes = 32;

void run(benchmark::State& state, DequantUnit& unit) {
  const auto words = static_cast<std::size_t>(unit.parameters().bus_words());
  std::vector<std::uint32_t> random(words + 64);
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = emu::stochastic_bits(3, i);
  const std::array<std::uint16_t, 1> scale{0x2345};
  const std::array<std::uint8_t, 1> zero{};
  unit.drive_out_ready(true);
  unit.drive_scale(scale, zero);
  std::int64_t cycles = 0, beats = 0;
  for (auto _ : state) {
    unit.drive_beat(std::span(random).subspan(static_cast<std::size_t>(cycles % 64), words),
                    {.format = 0, .split = kSplitHighFirst, .group_beats = 4});
    unit.settle();
    beats += unit.out_valid();
    unit.clock();
    ++cycles;
  }
  benchmark::DoNotOptimize(unit.out(0));
  state.counters["cycles/s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
  state.counters["weights/s"] =
      benchmark::Counter(static_cast<double>(beats * kLanes), benchmark::Counter::kIsRate);
}

void unit_of_one_format(benchmark::State& state) {
  VerilatedUnit<UnitE3M2, Inputs::kSampled> unit({"l32d2-e3m2", kLanes, 2, 1, false});
  run(state, unit);
}
BENCHMARK(unit_of_one_format);

void unit_of_all_formats(benchmark::State& state) {
  const auto unit = make_unit("l32d2");
  run(state, *unit);
}
BENCHMARK(unit_of_all_formats);

void timing_model(benchmark::State& state) {
  UnitTiming timing(2);
  std::int64_t cycles = 0, beats = 0;
  for (auto _ : state) {
    beats += timing.settle({.beat = true, .group_beats = 4, .scale = true, .out_ready = true}).out_valid;
    timing.clock();
    ++cycles;
  }
  benchmark::DoNotOptimize(beats);
  state.counters["cycles/s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}
BENCHMARK(timing_model);

void emu_scalar(benchmark::State& state) {
  std::array<float, 64> values;
  for (std::uint32_t code = 0; code < 64; ++code) values[code] = emu::decode(emu::kE3M2, code);
  std::int64_t weights = 0;
  for (auto _ : state) {
    for (const float value : values) benchmark::DoNotOptimize(emu::dequantize_binary16(value, 0.0129f));
    weights += 64;
  }
  state.counters["weights/s"] = benchmark::Counter(static_cast<double>(weights), benchmark::Counter::kIsRate);
}
BENCHMARK(emu_scalar);

}  // namespace
}  // namespace fp6sim::rtl
