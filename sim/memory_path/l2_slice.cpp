#include "sim/memory_path/l2_slice.h"

#include <algorithm>

#include "sim/memory_path/address_map.h"

namespace fp6sim::sim {

L2Tags::L2Tags(double bytes, int ways, int block_bytes, std::uint32_t seed)
    : ways_(static_cast<std::size_t>(ways)),
      sets_(std::max<std::size_t>(1, static_cast<std::size_t>(bytes / block_bytes / ways))),
      blocks_(ways_ * sets_),
      random_(seed * 2654435761ull + 1) {}

std::size_t L2Tags::set_of(std::uint64_t block) const {
  return spread(hash_bits(block), static_cast<std::uint32_t>(sets_));
}

L2Tags::Block* L2Tags::find(std::uint64_t block) {
  Block* set = &blocks_[set_of(block) * ways_];
  for (std::size_t way = 0; way < ways_; ++way) {
    if (set[way].tag == block) return &set[way];
  }
  return nullptr;
}

L2Tags::Block* L2Tags::insert(std::uint64_t block, Evicted& evicted) {
  Block* set = &blocks_[set_of(block) * ways_];
  Block* victim = nullptr;
  for (std::size_t way = 0; way < ways_ && victim == nullptr; ++way) {
    if (set[way].tag == kInvalid) victim = &set[way];
  }
  if (victim == nullptr) {
    random_ = random_ * 6364136223846793005ull + 1442695040888963407ull;
    const std::size_t first = (random_ >> 33) % ways_;
    for (std::size_t i = 0; i < ways_ && victim == nullptr; ++i) {
      Block& candidate = set[(first + i) % ways_];
      if (candidate.mshr == kNoMshr) victim = &candidate;
    }
    if (victim == nullptr) return nullptr;
  }
  evicted = {victim->dirty != 0, victim->tag, victim->dirty};
  *victim = {block, 0, 0, kNoMshr};
  return victim;
}

}  // namespace fp6sim::sim
