// What travels through the memory path.
#pragma once

#include <array>
#include <cstdint>

#include "sim/memory_path/address_map.h"
#include "sim/memory_path/time.h"

namespace fp6sim::sim {

inline constexpr int kSectorBytes = 32;
inline constexpr int kMinTransactionBytes = 128;  ///< of exact mode and short runs
inline constexpr int kMaxTransactionBytes = 512;

/// A strided set of pieces: `count` times `bytes` at base, base + stride, ...
struct Segment {
  static constexpr std::uint64_t kNoRows = UINT64_MAX;
  std::uint64_t base = 0;
  std::uint64_t stride = 0;
  std::uint32_t bytes = 0;
  std::uint32_t count = 0;
  /// Bytes crossing slice port and crossbar as a multiple of the stored bytes: above 1 where a design expands
  /// the data below them (l2, memctrl).
  float crossbar_factor = 1;
  /// Where row 0 of the matrix lies whose consecutive rows the pieces belong to; kNoRows: they belong to
  /// none.
  std::uint64_t rows_from = kNoRows;
  /// How much of neighbouring rows' short pieces may travel together (sim/memory_path/pieces.h): a power of
  /// two; 0: they travel apart.
  std::uint32_t together = 0;
  /// Many CTAs ask for it at about the same time.
  bool shared = false;
};

/// What an SM asks for at once: the copies of one pipeline stage, or the outputs of a CTA.
struct StageRequest {
  static constexpr int kMaxSegments = 8;
  std::array<Segment, kMaxSegments> segments{};
  int segment_count = 0;
  bool write = false;
  std::uint16_t sm = 0;
  std::uint32_t tag = 0;  ///< the SM's own name for it

  void add(const Segment& segment) {
    if (segment.bytes == 0 || segment.count == 0) return;
    segments[static_cast<std::size_t>(segment_count++)] = segment;
  }
};

/// Where a stage's slowest transaction spent its time.
struct Waits {
  Time dram = 0;     ///< queueing for and transfer at the DRAM channel, MSHRs included
  Time l2 = 0;       ///< queueing and transfer at the slice's port and the SM's
  Time latency = 0;  ///< unloaded pipeline: crossbar, tags, DRAM access
};

struct StageCompletion {
  std::uint32_t tag = 0;
  std::uint16_t sm = 0;
  Time when = 0;
  Waits waits;
};

/// At most 512 bytes of one channel's interleave unit, in one cache line: with 10^5 of them in flight their
/// size is what the simulator's speed depends on.
struct alignas(64) Transaction {
  Time arrived = 0;  ///< at the slice, then at the channel, then back at the SM
  Time dram_wait = 0, l2_wait = 0;
  std::uint32_t block = 0;        ///< address / transaction size of the memory system
  std::uint32_t stage = 0;        ///< index of the stage in flight
  std::uint32_t next_waiter = 0;  ///< list of transactions waiting for the same block
  union {
    std::uint32_t set = 0;  ///< of its slice's tags, where its block belongs
    std::uint32_t mshr;     ///< of the block it fills, once it does
  };
  std::uint32_t row = 0;
  float crossbar_factor = 1;
  std::uint16_t channel = 0, slice = 0;
  std::uint16_t bytes = 0;
  std::uint16_t sectors = 0;       ///< mask of the block's 32-byte sectors it needs
  std::uint16_t fill_sectors = 0;  ///< of them, those it reads from DRAM itself
  std::uint16_t sm = 0;
  std::uint8_t bank = 0;
  std::uint8_t phase = 0;
  std::uint8_t pieces = 1;  ///< places of DRAM it stands for
  bool write : 1 = false;
  bool fill : 1 = false;    ///< an L2 miss's own read of DRAM, or a write-back
  bool shared : 1 = false;  ///< of a segment many CTAs ask for

  Place place() const { return {channel, slice, bank, row, 0}; }
};
static_assert(sizeof(Transaction) == 64);

/// Sectors in a mask.
constexpr int count_sectors(std::uint16_t mask) {
  unsigned pairs = mask - ((mask >> 1) & 0x5555u);
  pairs = (pairs & 0x3333u) + ((pairs >> 2) & 0x3333u);
  pairs = (pairs + (pairs >> 4)) & 0x0F0Fu;
  return static_cast<int>((pairs + (pairs >> 8)) & 0x1Fu);
}

}  // namespace fp6sim::sim
