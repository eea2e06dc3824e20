// How the memory system sees a warp's accesses: sectors of global memory, passes over the banks of shared
// memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "emu/trace/trace.h"

namespace fp6sim::trace {

struct BankPasses {
  std::uint16_t taken = 0, ideal = 0;
};

/// Cycles 32 four-byte banks need for the lanes' accesses of `bytes` (1..16) at these shared addresses, in
/// groups of 128 bytes as the hardware forms them: lanes that want different words of one bank wait for each
/// other, lanes that want the same word do not. `ideal` counts the groups. At most 32 lanes.
inline BankPasses bank_passes(std::span<const std::uint64_t> lanes, unsigned bytes) {
  const std::size_t group_lanes = bytes <= 4 ? 32 : 128 / bytes;
  BankPasses passes;
  for (std::size_t first = 0; first < lanes.size(); first += group_lanes) {
    std::array<std::uint64_t, 64> words;  // at most 32 lanes x 2 words (unaligned) or 8 lanes x 5
    std::size_t total = 0;
    for (std::size_t i = first; i < std::min(lanes.size(), first + group_lanes); ++i) {
      for (std::uint64_t w = lanes[i] / 4; w <= (lanes[i] + bytes - 1) / 4; ++w) words[total++] = w;
    }
    std::sort(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(total));
    std::array<std::uint16_t, 32> in_bank{};
    std::uint16_t worst = 0;
    for (std::size_t i = 0; i < total; ++i) {
      if (i == 0 || words[i] != words[i - 1]) worst = std::max(worst, ++in_bank[words[i] % 32]);
    }
    passes.taken = static_cast<std::uint16_t>(passes.taken + worst);
    ++passes.ideal;
  }
  return passes;
}

/// Sectors first..last of a buffer, both as buffer << 48 | sector.
struct SectorSpan {
  std::uint64_t first, last;
};

/// The sectors of `bytes` bytes at `place` = buffer << 48 | offset.
inline SectorSpan sectors(std::uint64_t place, std::uint64_t bytes) {
  const std::uint64_t buffer = place >> 48 << 48;
  const std::uint64_t offset = place - buffer;
  return {buffer | offset / kSectorBytes, buffer | (offset + bytes - 1) / kSectorBytes};
}

/// Appends the distinct sectors of the spans as runs in ascending order. Reorders `spans`.
inline void append_runs(std::vector<SectorRun>& runs, std::span<SectorSpan> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const SectorSpan& a, const SectorSpan& b) { return a.first < b.first; });
  const std::size_t start = runs.size();
  std::uint64_t end = 0;  // one past the last sector of the current run
  for (const SectorSpan& span : spans) {
    if (runs.size() > start && span.first <= end) {
      if (span.last >= end) {
        runs.back().sectors += static_cast<std::uint32_t>(span.last + 1 - end);
        end = span.last + 1;
      }
      continue;
    }
    runs.push_back({static_cast<std::int64_t>(span.first & ((std::uint64_t{1} << 48) - 1)),
                    static_cast<std::uint32_t>(span.last - span.first + 1),
                    static_cast<std::uint16_t>(span.first >> 48)});
    end = span.last + 1;
  }
}

}  // namespace fp6sim::trace
