// A segment cut into transactions.
//
// A row-major matrix gives a stage short pieces of many rows, 128 bytes of each 512-byte block, say; the next
// stages ask for the blocks' other quarters. Where the matrix allows it, 4 rows x 4 quarters are transposed:
// what stage j wants of four rows' blocks it gets as all of row j's block.
//
//             stage 0  1  2  3                          stage 0 asks for the whole of row 0's block,
//     row 0 |   a    b  c  d |                          stage 1 for row 1's, ...
//     row 1 |   e    f  g  h |
//     row 2 |   i    j  k  l |      a e i m  ->  a b c d
//     row 3 |   m    n  o  p |
//
// Every stage moves as many bytes as before, over all stages every sector travels once, and other CTAs that
// want the same data ask for the same blocks; a fourth of the transactions is left. DRAM still activates a
// row for every piece: the transaction says how many it stands for. Exact mode does none of this, and a test
// compares the two.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

/// What many CTAs ask for at once is queued for at the slices, and in which order small pieces take turns
/// there matters.
inline constexpr std::uint32_t kSharedBytes = 128;

/// How many rows' pieces travel together: 1 where they may not.
inline std::uint32_t rows_together(const Segment& segment) {
  const std::uint32_t unit_bytes = segment.together;
  if (segment.rows_from == Segment::kNoRows || segment.bytes * 2 > unit_bytes ||
      segment.bytes < kSectorBytes || unit_bytes % segment.bytes != 0 || segment.base % segment.bytes != 0 ||
      segment.stride % unit_bytes != 0 || segment.rows_from % unit_bytes != 0)
    return 1;
  return unit_bytes / segment.bytes;
}

/// visit(address, mask of its block's sectors, bytes, pieces) for every transaction of `segment`, none larger
/// than a block.
template <class Visit>
void for_each_transaction(const Segment& segment, std::uint32_t block_bytes, Visit visit) {
  const auto transaction = [&](std::uint64_t address, std::uint64_t bytes, std::uint32_t pieces) {
    const std::uint64_t first = address % block_bytes / kSectorBytes;
    const std::uint64_t last = (address + bytes - 1) % block_bytes / kSectorBytes;
    visit(address, static_cast<std::uint16_t>(((1u << (last + 1)) - 1) & ~((1u << first) - 1)),
          static_cast<std::uint16_t>(bytes), static_cast<std::uint8_t>(pieces));
  };
  const std::uint32_t group = rows_together(segment);
  const std::uint32_t unit_bytes = segment.together;
  const std::uint64_t first_row = group == 1 ? 0 : (segment.base - segment.rows_from) / segment.stride;
  const std::uint64_t largest = segment.shared ? std::min(kSharedBytes, block_bytes) : block_bytes;
  for (std::uint32_t piece = 0; piece < segment.count;) {
    std::uint64_t address = segment.base + piece * segment.stride;
    if (group > 1 && (first_row + piece) % group == 0 && piece + group <= segment.count) {
      const std::uint64_t in_unit = address % unit_bytes;
      transaction(address - in_unit + in_unit / segment.bytes * segment.stride, unit_bytes, group);
      piece += group;
      continue;
    }
    const std::uint64_t end = address + segment.bytes;
    while (address < end) {
      const std::uint64_t stop = std::min(end, (address / largest + 1) * largest);
      transaction(address, stop - address, 1);
      address = stop;
    }
    ++piece;
  }
}

}  // namespace fp6sim::sim
