#include "sim/stats/sum.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "sim/stats/result.h"

namespace fp6sim::sim {
namespace {

/// Every field of Counters is a 64-bit count.
template <class Counters>
void add_counts(Counters& sum, const Counters& more) {
  using Counts = std::array<std::uint64_t, sizeof(Counters) / sizeof(std::uint64_t)>;
  auto counts = std::bit_cast<Counts>(sum);
  const auto others = std::bit_cast<Counts>(more);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += others[i];
  sum = std::bit_cast<Counters>(counts);
}

/// The mean of two values that stand for `weight` and `other_weight` of time.
double mean(double value, double weight, double other, double other_weight) {
  return (value * weight + other * other_weight) / (weight + other_weight);
}

}  // namespace

void add(LaunchOutcome& sum, const LaunchOutcome& more) {
  sum.duration += more.duration;
  sum.where += more.where;
  sum.sms += more.sms;
  add_counts(sum.use.memory, more.use.memory);
  add_counts(sum.use.dram, more.use.dram);
}

void add_times(GemmResult& sum, const GemmResult& one, std::int64_t times) {
  const auto scale = static_cast<double>(times);
  const double before = sum.time_us, added = one.time_us * scale;
  if (sum.cycles == 0) {
    sum = one;
    sum.cycles = sum.dram_bytes = 0;
    sum.time_us = sum.floor_us = sum.energy_uj = sum.dram_bandwidth_pct = 0;
    for (Counter& counter : sum.counters) counter.value = 0;
  }
  assert(sum.counters.size() == one.counters.size() && sum.stack.size() == one.stack.size());
  for (std::size_t i = 0; i < one.stack.size(); ++i)
    sum.stack[i].share = mean(sum.stack[i].share, before, one.stack[i].share, added);
  for (std::size_t i = 0; i < one.counters.size(); ++i) {
    double& value = sum.counters[i].value;
    const double more = one.counters[i].value;
    value = one.counters[i].unit == "%" ? mean(value, before, more, added) : value + more * scale;
  }
  sum.dram_bandwidth_pct = mean(sum.dram_bandwidth_pct, before, one.dram_bandwidth_pct, added);
  sum.cycles += one.cycles * static_cast<std::uint64_t>(times);
  sum.dram_bytes += one.dram_bytes * static_cast<std::uint64_t>(times);
  sum.time_us += added;
  sum.floor_us += one.floor_us * scale;
  sum.energy_uj += one.energy_uj * scale;
  sum.bound_by = largest_cause(sum.stack);
}

}  // namespace fp6sim::sim
