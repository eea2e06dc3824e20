// What is done to a memory system from outside simulated time.
#include "sim/memory_path/memory_system.h"
#include "sim/memory_path/pieces.h"

namespace fp6sim::sim {

PayloadStore& MemorySystem::carry_payloads() {
  payloads_ = std::make_unique<PayloadStore>(map_, static_cast<int>(block_bytes_));
  return *payloads_;
}

void MemorySystem::touch(const Segment& segment, bool dirty, std::uint32_t sm) {
  const auto touch_one = [&](std::uint64_t address, std::uint16_t mask, std::uint16_t, std::uint8_t) {
    const std::uint32_t block = block_of(address);
    const Place place = map_.place(address);
    const bool far = sm != kNoSm && is_far(sm, place.slice);
    L2Tags& tags = slices_[place.slice].tags;
    const std::uint32_t set = tags.set_of(number_in_slice(block, place));
    if (far && !dirty) {
      L2Tags& near = slices_[partner(place.slice)].tags;
      const std::uint32_t copy = near.find(set, block);
      if (copy != L2Tags::kAbsent && (mask & ~near.state(copy).valid) == 0) {
        near.use(copy);
        return;
      }
    }
    std::uint32_t line = tags.find(set, block);
    L2Tags::Evicted evicted;
    if (line == L2Tags::kAbsent) {
      line = tags.insert(set, block, evicted);
    } else {
      tags.use(line);
    }
    L2Tags::State& state = tags.state(line);
    if (payloads_ != nullptr) {
      payloads_->touched(name_of(place.slice, line), block, place,
                         static_cast<std::uint16_t>(mask & ~state.valid));
    }
    state.valid |= mask;
    if (dirty) {
      state.dirty |= mask;
      drop_copy(place.slice, set, block);
    } else if (far) {
      keep_copy(place.slice, line, block, mask, kNever);
    }
  };
  for_each_transaction(segment, block_bytes_, touch_one);
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
