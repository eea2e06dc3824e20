// A segment cut into the blocks transactions are about.
#pragma once

#include <algorithm>

#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

/// Calls visit(address, mask of the block's sectors touched, bytes) for each part of a piece that lies in one
/// block of `transaction_bytes`, in the order of the pieces' bytes.
template <class Visit>
inline void for_each_block(const Segment& segment, int transaction_bytes, Visit visit) {
  const auto block_bytes = static_cast<std::uint64_t>(transaction_bytes);
  for (std::uint32_t piece = 0; piece < segment.count; ++piece) {
    std::uint64_t address = segment.base + piece * segment.stride;
    const std::uint64_t end = address + segment.bytes;
    while (address < end) {
      const std::uint64_t stop = std::min(end, (address / block_bytes + 1) * block_bytes);
      const std::uint64_t first = address % block_bytes / kSectorBytes;
      const std::uint64_t last = (stop - 1) % block_bytes / kSectorBytes;
      const auto mask = static_cast<std::uint16_t>(((1u << (last + 1)) - 1) & ~((1u << first) - 1));
      visit(address, mask, static_cast<std::uint16_t>(stop - address));
      address = stop;
    }
  }
}

}  // namespace fp6sim::sim
