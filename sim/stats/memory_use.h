// What the memory path did over a span of time: the difference of its counters between two moments.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "sim/memory_path/memory_system.h"

namespace fp6sim::sim {

struct MemoryUse {
  MemoryCounters memory;
  DramCounters dram;
};

/// Counters never fall; every field of the two structures is a 64-bit count, present ones and new ones alike.
template <class Counters>
Counters difference(const Counters& now, const Counters& before) {
  static_assert(sizeof(Counters) % sizeof(std::uint64_t) == 0);
  using Counts = std::array<std::uint64_t, sizeof(Counters) / sizeof(std::uint64_t)>;
  auto counts = std::bit_cast<Counts>(now);
  const auto earlier = std::bit_cast<Counts>(before);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] -= earlier[i];
  return std::bit_cast<Counters>(counts);
}

inline MemoryUse use_of(const MemorySystem& memory) {
  return {memory.counters(), memory.dram_counters()};
}
inline MemoryUse operator-(const MemoryUse& now, const MemoryUse& before) {
  return {difference(now.memory, before.memory), difference(now.dram, before.dram)};
}

}  // namespace fp6sim::sim
