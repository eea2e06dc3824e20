#include "sim/memory_path/address_map.h"

#include <algorithm>
#include <utility>

#include "emu/error.h"

namespace fp6sim::sim {

AddressMap::AddressMap(const DramDescription& dram, int slices, std::uint64_t span_bytes)
    : mapping_(dram.mapping == "hashed" ? Mapping::kHashed
               : dram.mapping == "low"  ? Mapping::kLow
                                        : Mapping::kHigh),
      interleave_(static_cast<std::uint32_t>(dram.interleave_bytes)),
      channels_(static_cast<std::uint32_t>(dram.channels)),
      slices_(static_cast<std::uint32_t>(slices)),
      banks_(static_cast<std::uint32_t>(dram.banks)),
      units_per_page_(std::max(1u, static_cast<std::uint32_t>(dram.page_bytes) / interleave_)),
      region_units_(static_cast<std::uint32_t>(std::max<std::uint64_t>(
          1, (span_bytes + interleave_ * channels_ - 1) / (interleave_ * channels_)))) {
  if (channels_ % slices_ != 0 && slices_ % channels_ != 0) {
    throw Error("GPU description: " + std::to_string(dram.channels) + " DRAM channels and " +
                std::to_string(slices) + " L2 slices: one must divide the other");
  }
  for (std::uint32_t i = 0; i < kShuffleDepth * channels_; ++i) {
    shuffle_.push_back(
        {static_cast<std::uint16_t>(i % channels_), static_cast<std::uint16_t>(i / channels_)});
  }
  for (std::size_t i = shuffle_.size(); i > 1; --i) std::swap(shuffle_[i - 1], shuffle_[hash_bits(i) % i]);
}

Place AddressMap::place(std::uint64_t address) const {
  const auto unit = static_cast<std::uint32_t>(address / interleave_);  // at most 2^42 bytes of 512
  std::uint32_t group = unit / channels_;  // index of the unit within its channel
  std::uint32_t channel = unit % channels_;
  switch (mapping_) {
    case Mapping::kLow:
      break;
    case Mapping::kHashed: {
      const auto size = static_cast<std::uint32_t>(shuffle_.size());
      const std::uint32_t region = unit / size;
      std::uint32_t at = unit % size + spread(hash_bits(region + 0x9E37), size);
      if (at >= size) at -= size;
      channel = shuffle_[at].channel;
      group = region * kShuffleDepth + shuffle_[at].level;
      break;
    }
    case Mapping::kHigh:
      channel = unit / region_units_ % channels_;
      group = unit % region_units_;
      break;
  }
  const std::uint32_t page = group / units_per_page_;
  const std::uint32_t row = page / banks_;
  const std::uint32_t bank =
      (page + spread(hash_bits(row * 0x9E3779B97F4A7C15ull + channel), banks_)) % banks_;
  const std::uint32_t slice = channels_ >= slices_
                                  ? channel / (channels_ / slices_)
                                  : channel * (slices_ / channels_) + group % (slices_ / channels_);
  return {channel, slice, bank, row};
}

std::uint32_t AddressMap::column(std::uint64_t address) const {
  const auto unit = static_cast<std::uint32_t>(address / interleave_);
  std::uint32_t group = unit / channels_;
  if (mapping_ == Mapping::kHashed) {
    const auto size = static_cast<std::uint32_t>(shuffle_.size());
    const std::uint32_t region = unit / size;
    group = region * kShuffleDepth +
            shuffle_[(unit % size + spread(hash_bits(region + 0x9E37), size)) % size].level;
  } else if (mapping_ == Mapping::kHigh) {
    group = unit % region_units_;
  }
  return group % units_per_page_ * interleave_ + static_cast<std::uint32_t>(address % interleave_);
}

}  // namespace fp6sim::sim
