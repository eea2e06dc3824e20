// One L2 slice: sectored tags with deterministic random replacement, write-back.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

/// Tags of blocks of `block_bytes` (a transaction's size) with one valid and one dirty bit a 32-byte sector.
/// A set's tags lie in one cache line, apart from what is kept about the blocks: most looks end there.
///
/// Replacement is random (a fixed generator, so the same run evicts the same blocks): with true LRU a matrix
/// a little larger than the cache, read in a loop, would never hit, which is not what GPUs show (a 50 MB
/// matrix in 48 MB).
class L2Tags {
 public:
  static constexpr std::uint32_t kNoBlock = UINT32_MAX;  ///< no such block is addressed (MemorySystem checks)
  static constexpr std::uint32_t kAbsent = UINT32_MAX;
  static constexpr std::uint32_t kNoMshr = UINT32_MAX;

  struct State {
    std::uint16_t valid = 0;
    std::uint16_t dirty = 0;
    std::uint32_t mshr = kNoMshr;  ///< fills under way; such a block is never evicted
  };
  struct Evicted {
    bool dirty = false;
    std::uint32_t block = 0;
    std::uint16_t sectors = 0;
  };
  L2Tags(double bytes, int ways, int block_bytes, std::uint32_t seed);

  /// Where the block is, or kAbsent.
  std::uint32_t find(std::uint32_t block) const;
  /// Makes room for `block` (not present) and returns where it is now, empty; says what was thrown out.
  /// kAbsent where every way waits for a fill.
  std::uint32_t insert(std::uint32_t block, Evicted& evicted);
  State& state(std::uint32_t at) { return states_[at]; }
  /// `block` will be looked for soon.
  void prefetch(std::uint32_t block) const { __builtin_prefetch(&tags_[first_of(block)]); }

 private:
  std::uint32_t first_of(std::uint32_t block) const;

  std::uint32_t ways_, sets_;
  std::vector<std::uint32_t> tags_;
  std::vector<State> states_;
  std::uint64_t random_;
};

}  // namespace fp6sim::sim
