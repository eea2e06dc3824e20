// Which DRAM channel, L2 slice, bank and row an address belongs to.
//
//   address = | ...group... | unit in group | byte in unit |        unit: `interleave_bytes` in one channel
//
//   low     channel = unit in group (channel bits just above the unit)
//   hashed  units are shuffled over `kShuffleDepth` groups, each such region differently: every channel gets
//   the same
//           share of a region, no stride meets on few channels, and neighbours land as if at random, which is
//           what the measured bandwidth against occupancy shows (queues form before the channels saturate)
//   high    channel = top bits: a whole region of memory lies in one channel. Two streams of a split layout
//   then fall on
//           one or two channels each: the variant that shows what mapping is worth
#pragma once

#include <cstdint>
#include <vector>

#include "sim/description/gpu_description.h"

namespace fp6sim::sim {

/// Where one transaction (at most 512 aligned bytes) goes.
struct Place {
  std::uint32_t channel;
  std::uint32_t slice;
  std::uint32_t bank;
  std::uint32_t row;
  std::uint32_t unit;  ///< the slice's interleave units counted on: consecutive addresses leave none out
};

/// Division of 32-bit numbers by one that is known only at run time, as a multiplication (Lemire, Kaser, Kurz
/// 2019: exact for every dividend).
class Divisor {
 public:
  explicit Divisor(std::uint32_t by) : by_(by), magic_(by == 1 ? 0 : UINT64_MAX / by + 1) {}
  std::uint32_t quotient(std::uint32_t n) const {
    if (by_ == 1) return n;
    const std::uint64_t low = (magic_ & 0xFFFFFFFFu) * n;
    return static_cast<std::uint32_t>(((magic_ >> 32) * n + (low >> 32)) >> 32);
  }
  std::uint32_t remainder(std::uint32_t n) const { return n - quotient(n) * by_; }
  std::uint32_t value() const { return by_; }

 private:
  std::uint32_t by_;
  std::uint64_t magic_;
};

class AddressMap {
 public:
  /// `span_bytes` is the address space in use; only `high` depends on it.
  AddressMap(const DramDescription& dram, int slices, std::uint64_t span_bytes);

  Place place(std::uint64_t address) const;
  /// The byte of its row an address lies at, and the bytes of a row: needed only where bytes are kept.
  std::uint32_t column(std::uint64_t address) const;
  std::uint32_t page_bytes() const { return units_per_page_.value() * interleave_bytes(); }

 private:
  enum class Mapping { kHashed, kLow, kHigh };
  static constexpr std::uint32_t kShuffleDepth = 16;
  Mapping mapping_;
  struct Shuffled {
    std::uint16_t channel, level;  // which channel, and which of the region's units in that channel
  };
  static constexpr std::uint32_t kBlock = 512;  // interleave units and pages are multiples of it

  std::uint32_t unit_of(std::uint64_t address) const {
    return interleave_blocks_.quotient(static_cast<std::uint32_t>(address / kBlock));
  }
  std::uint32_t interleave_bytes() const { return interleave_blocks_.value() * kBlock; }
  Shuffled shuffled(std::uint32_t unit) const;

  Divisor interleave_blocks_, channels_, banks_, units_per_page_, region_units_, shuffled_units_;
  Divisor channels_per_slice_, slices_per_channel_;  // the one that is not a whole number is 1
  std::vector<Shuffled> shuffle_;                    // a permutation of kShuffleDepth * channels units
};

/// SplitMix64's finaliser: the hash of every address decision.
constexpr std::uint64_t hash_bits(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// `hash` spread over 0 .. count - 1 without a division.
constexpr std::uint32_t spread(std::uint64_t hash, std::uint32_t count) {
  return static_cast<std::uint32_t>(((hash >> 32) * count) >> 32);
}

}  // namespace fp6sim::sim
