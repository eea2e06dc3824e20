#include "sim/memory_path/l2_slice.h"

#include <algorithm>

#include "sim/memory_path/address_map.h"

namespace fp6sim::sim {

L2Tags::L2Tags(double bytes, int ways, int block_bytes, std::uint32_t seed)
    : ways_(static_cast<std::uint32_t>(ways)),
      sets_(std::max(1u, static_cast<std::uint32_t>(bytes / block_bytes / ways))),
      tags_(std::size_t{ways_} * sets_, kNoBlock),
      states_(std::size_t{ways_} * sets_),
      random_(seed * 2654435761ull + 1) {}

std::uint32_t L2Tags::first_of(std::uint32_t block) const {
  return spread(hash_bits(block), sets_) * ways_;
}

std::uint32_t L2Tags::find(std::uint32_t block) const {
  const std::uint32_t first = first_of(block);
  const std::uint32_t* const tags = &tags_[first];
  for (std::uint32_t way = 0; way < ways_; ++way) {
    if (tags[way] == block) return first + way;
  }
  return kAbsent;
}

std::uint32_t L2Tags::insert(std::uint32_t block, Evicted& evicted) {
  const std::uint32_t first = first_of(block);
  std::uint32_t victim = kAbsent;
  for (std::uint32_t way = 0; way < ways_ && victim == kAbsent; ++way) {
    if (tags_[first + way] == kNoBlock) victim = first + way;
  }
  if (victim == kAbsent) {
    random_ = random_ * 6364136223846793005ull + 1442695040888963407ull;
    std::uint32_t way = static_cast<std::uint32_t>((random_ >> 33) % ways_);
    for (std::uint32_t i = 0; i < ways_ && victim == kAbsent; ++i) {
      if (states_[first + way].mshr == kNoMshr) victim = first + way;
      if (++way == ways_) way = 0;
    }
    if (victim == kAbsent) return kAbsent;
  }
  evicted = {states_[victim].dirty != 0, tags_[victim], states_[victim].dirty};
  tags_[victim] = block;
  states_[victim] = State{};
  return victim;
}

}  // namespace fp6sim::sim
