// Where time goes: every femtosecond of the chain that ends the run is charged to one of these.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

enum class Where : std::size_t {
  kDram,     ///< queued at or transferred by a DRAM channel, or for an MSHR that waits for one
  kL2,       ///< queued at or transferred by an L2 slice's port or the SM's
  kLatency,  ///< the unloaded way, as far as queues do not account for the wait: crossbar, tags, DRAM access;
             ///< pipeline latencies nothing overlapped
  kShared,  ///< shared memory banks and the load/store unit
  kIssue,   ///< issue slots
  kExpand,  ///< dequantisation: integer and half2 pipes, or the design's unit
  kTensor,  ///< tensor core
  kTail,    ///< less than half of the SMs still had work
  kLaunch,  ///< kernel and CTA launches
};
inline constexpr std::size_t kWhereCount = 9;
inline constexpr std::array<std::string_view, kWhereCount> kWhereNames{
    "dram", "l2", "latency", "shared-memory", "issue", "dequantisation", "tensor-core", "tail", "launch"};

struct WhereTimes {
  std::array<Time, kWhereCount> time{};

  Time& operator[](Where where) { return time[static_cast<std::size_t>(where)]; }
  Time operator[](Where where) const { return time[static_cast<std::size_t>(where)]; }
  WhereTimes& operator+=(const WhereTimes& other) {
    for (std::size_t i = 0; i < kWhereCount; ++i) time[i] += other.time[i];
    return *this;
  }
  Time total() const {
    Time sum = 0;
    for (const Time t : time) sum += t;
    return sum;
  }
};

/// Splits `span` in proportion to `parts` (not all zero), to the femtosecond.
inline void charge_in_proportion(WhereTimes& into, Time span, const WhereTimes& parts) {
  const Time total = parts.total();
  Time left = span;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < kWhereCount; ++i) {
    const Time share = static_cast<Time>(static_cast<double>(span) * static_cast<double>(parts.time[i]) /
                                         static_cast<double>(total));
    into.time[i] += share;
    left -= share;
    if (parts.time[i] > parts.time[largest]) largest = i;
  }
  into.time[largest] += left;
}

}  // namespace fp6sim::sim
