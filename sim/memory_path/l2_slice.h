// One L2 slice: sectored tags with deterministic random replacement, write-back, and the port it answers
// through.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

/// Tags of blocks of `block_bytes` (a transaction's size) with one valid and one dirty bit a 32-byte sector.
///
/// Replacement is random (a fixed generator, so the same run evicts the same blocks): with true LRU a matrix
/// a little larger than the cache, read in a loop, would never hit, which is not what GPUs show (a 50 MB
/// matrix in 48 MB).
class L2Tags {
 public:
  static constexpr std::uint64_t kInvalid = UINT64_MAX;
  static constexpr std::uint32_t kNoMshr = UINT32_MAX;

  struct Block {
    std::uint64_t tag = kInvalid;
    std::uint16_t valid = 0;
    std::uint16_t dirty = 0;
    std::uint32_t mshr = kNoMshr;  ///< fills under way; such a block is never evicted
  };
  struct Evicted {
    bool dirty = false;
    std::uint64_t block = 0;
    std::uint16_t sectors = 0;
  };
  L2Tags(double bytes, int ways, int block_bytes, std::uint32_t seed);

  /// The block, or nullptr.
  Block* find(std::uint64_t block);
  /// Makes room for `block` (not present) and returns it empty; says what was thrown out. nullptr where every
  /// way waits for a fill.
  Block* insert(std::uint64_t block, Evicted& evicted);

 private:
  std::size_t set_of(std::uint64_t block) const;

  std::size_t ways_, sets_;
  std::vector<Block> blocks_;
  std::uint64_t random_;
};

}  // namespace fp6sim::sim
