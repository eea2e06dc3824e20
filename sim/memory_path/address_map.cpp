#include "sim/memory_path/address_map.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "emu/error.h"

namespace fp6sim::sim {

AddressMap::AddressMap(const DramDescription& dram, int slices, std::uint64_t span_bytes)
    : mapping_(dram.mapping == "hashed" ? Mapping::kHashed : dram.mapping == "low" ? Mapping::kLow : Mapping::kHigh),
      interleave_(static_cast<std::uint64_t>(dram.interleave_bytes)),
      channels_(static_cast<std::uint64_t>(dram.channels)),
      slices_(static_cast<std::uint64_t>(slices)),
      banks_(static_cast<std::uint64_t>(dram.banks)),
      units_per_page_(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(dram.page_bytes) / interleave_)),
      region_units_(std::max<std::uint64_t>(1, (span_bytes + interleave_ * channels_ - 1) / (interleave_ * channels_))) {
  shuffle_.resize(kShuffleDepth * channels_);
  std::iota(shuffle_.begin(), shuffle_.end(), std::uint16_t{0});
  for (std::size_t i = shuffle_.size(); i > 1; --i) std::swap(shuffle_[i - 1], shuffle_[hash_bits(i) % i]);
  if (channels_ % slices_ != 0 && slices_ % channels_ != 0) {
    throw Error("GPU description: " + std::to_string(dram.channels) + " DRAM channels and " + std::to_string(slices) +
                " L2 slices: one must divide the other");
  }
}

Place AddressMap::place(std::uint64_t address) const {
  const std::uint64_t unit = address / interleave_;
  std::uint64_t group = unit / channels_;   // index of the unit within its channel
  std::uint64_t channel = unit % channels_;
  switch (mapping_) {
    case Mapping::kLow: break;
    case Mapping::kHashed: {
      const std::uint64_t region = unit / shuffle_.size();
      const std::uint64_t index = shuffle_[(unit + hash_bits(region + 0x9E37)) % shuffle_.size()];
      channel = index % channels_;
      group = region * kShuffleDepth + index / channels_;
      break;
    }
    case Mapping::kHigh:
      channel = (unit / region_units_) % channels_;
      group = unit % region_units_;
      break;
  }
  const std::uint64_t page = group / units_per_page_;
  const std::uint64_t row = page / banks_;
  const std::uint64_t bank = (page ^ hash_bits(row * 0x9E3779B97F4A7C15ull + channel)) % banks_;
  const std::uint64_t slice = channels_ >= slices_ ? channel / (channels_ / slices_)
                                                   : channel * (slices_ / channels_) + group % (slices_ / channels_);
  return {static_cast<std::uint32_t>(channel), static_cast<std::uint32_t>(slice), static_cast<std::uint32_t>(bank),
          static_cast<std::uint32_t>(row)};
}

}  // namespace fp6sim::sim
