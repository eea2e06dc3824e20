// One L2 slice: sectored tags, least recently used out first, write-back.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/memory_path/address_map.h"

namespace fp6sim::sim {

/// Tags of blocks of `block_bytes` (a transaction's size) with one valid and one dirty bit a 32-byte sector.
/// A set's tags lie in one cache line, apart from what is kept about the blocks: most looks end there.
///
/// The slice's blocks are numbered on, and each run of as many blocks as there are sets has one in every set,
/// turned by a hash of the run: contiguous memory fills all sets evenly, and no stride meets in few.
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
  L2Tags(double bytes, int ways, int block_bytes);

  /// Where the slice's block `number` (counted on from 0, see Place::unit) belongs.
  std::uint32_t set_of(std::uint32_t number) const {
    const std::uint32_t run = sets_.quotient(number);
    const std::uint32_t at = number - run * sets_.value() + spread(hash_bits(run + 1), sets_.value());
    return at < sets_.value() ? at : at - sets_.value();
  }
  /// Where the block is, or kAbsent.
  std::uint32_t find(std::uint32_t set, std::uint32_t block) const;
  /// Makes room for `block` (not present) and returns where it is now, empty and just used; says what was
  /// thrown out. kAbsent where every way waits for a fill.
  std::uint32_t insert(std::uint32_t set, std::uint32_t block, Evicted& evicted);
  std::uint32_t set_at(std::uint32_t at) const { return ways_.quotient(at); }
  /// The block there is gone; it was not dirty and waits for nothing.
  void drop(std::uint32_t at);
  /// Somebody asked for the block there.
  void use(std::uint32_t at) { used_[at] = ++uses_; }
  State& state(std::uint32_t at) { return states_[at]; }
  /// `set` will be looked at soon.
  void prefetch(std::uint32_t set) const { __builtin_prefetch(&tags_[std::size_t{set} * ways_.value()]); }

 private:
  Divisor ways_, sets_;
  std::vector<std::uint32_t> tags_;
  std::vector<std::uint32_t> used_;  ///< by the count of uses of the slice; 0: holds nothing
  std::vector<State> states_;
  std::uint32_t uses_ = 0;
};

}  // namespace fp6sim::sim
