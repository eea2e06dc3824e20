#include "sim/memory_path/l2_slice.h"

#include <algorithm>

namespace fp6sim::sim {

L2Tags::L2Tags(double bytes, int ways, int block_bytes)
    : ways_(static_cast<std::uint32_t>(ways)),
      sets_(std::max(1u, static_cast<std::uint32_t>(bytes / block_bytes / ways))),
      tags_(std::size_t{ways_.value()} * sets_.value(), kNoBlock),
      used_(tags_.size()),
      states_(tags_.size()) {}

std::uint32_t L2Tags::find(std::uint32_t set, std::uint32_t block) const {
  const std::uint32_t first = set * ways_.value();
  const std::uint32_t* const tags = &tags_[first];
  for (std::uint32_t way = 0; way < ways_.value(); ++way) {
    if (tags[way] == block) return first + way;
  }
  return kAbsent;
}

std::uint32_t L2Tags::insert(std::uint32_t set, std::uint32_t block, Evicted& evicted) {
  const std::uint32_t first = set * ways_.value();
  std::uint32_t victim = kAbsent;
  for (std::uint32_t at = first; at < first + ways_.value(); ++at) {
    if ((victim == kAbsent || used_[at] < used_[victim]) && states_[at].mshr == kNoMshr) victim = at;
  }
  if (victim == kAbsent) return kAbsent;
  evicted = {states_[victim].dirty != 0, tags_[victim], states_[victim].dirty};
  tags_[victim] = block;
  states_[victim] = State{};
  use(victim);
  return victim;
}

void L2Tags::drop(std::uint32_t at) {
  tags_[at] = kNoBlock;
  states_[at] = State{};
  used_[at] = 0;
}

}  // namespace fp6sim::sim
