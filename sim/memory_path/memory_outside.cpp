// What is done to a memory system from outside simulated time.
#include "sim/memory_path/blocks.h"
#include "sim/memory_path/memory_system.h"

namespace fp6sim::sim {

PayloadStore& MemorySystem::carry_payloads() {
  payloads_ = std::make_unique<PayloadStore>(map_, block_bytes_);
  return *payloads_;
}

void MemorySystem::touch(const Segment& segment) {
  for_each_block(segment, block_bytes_, [&](std::uint64_t address, std::uint16_t mask, std::uint16_t) {
    const std::uint64_t block_number = address / static_cast<std::uint64_t>(block_bytes_);
    const Place place = map_.place(address);
    L2Tags& tags = slices_[place.slice].tags;
    L2Tags::Block* block = tags.find(block_number);
    L2Tags::Evicted evicted;
    if (block == nullptr) block = tags.insert(block_number, evicted);
    if (payloads_ != nullptr) {
      payloads_->touched(name_of(*block), block_number, place,
                         static_cast<std::uint16_t>(mask & ~block->valid));
    }
    block->valid |= mask;
  });
}

DramCounters MemorySystem::dram_counters() const {
  DramCounters sum;
  for (const DramChannel& channel : channels_) {
    const DramCounters& c = channel.counters();
    sum.read_bytes += c.read_bytes;
    sum.write_bytes += c.write_bytes;
    sum.row_hits += c.row_hits;
    sum.row_misses += c.row_misses;
    sum.refreshes += c.refreshes;
    sum.turnarounds += c.turnarounds;
  }
  return sum;
}

}  // namespace fp6sim::sim
