#include "sim/memory_path/address_map.h"

#include <algorithm>
#include <utility>

#include "emu/error.h"

namespace fp6sim::sim {
namespace {

std::uint32_t units_in_a_channel(const DramDescription& dram, std::uint64_t span_bytes) {
  const auto round =
      static_cast<std::uint64_t>(dram.interleave_bytes) * static_cast<std::uint64_t>(dram.channels);
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (span_bytes + round - 1) / round));
}

}  // namespace

AddressMap::AddressMap(const DramDescription& dram, int slices, std::uint64_t span_bytes)
    : mapping_(dram.mapping == "hashed" ? Mapping::kHashed
               : dram.mapping == "low"  ? Mapping::kLow
                                        : Mapping::kHigh),
      interleave_blocks_(static_cast<std::uint32_t>(dram.interleave_bytes) / kBlock),
      channels_(static_cast<std::uint32_t>(dram.channels)),
      banks_(static_cast<std::uint32_t>(dram.banks)),
      units_per_page_(static_cast<std::uint32_t>(std::max(1, dram.page_bytes / dram.interleave_bytes))),
      region_units_(units_in_a_channel(dram, span_bytes)),
      shuffled_units_(kShuffleDepth * static_cast<std::uint32_t>(dram.channels)),
      channels_per_slice_(static_cast<std::uint32_t>(std::max(1, dram.channels / slices))),
      slices_per_channel_(static_cast<std::uint32_t>(std::max(1, slices / dram.channels))) {
  if (dram.channels % slices != 0 && slices % dram.channels != 0) {
    throw Error("GPU description: " + std::to_string(dram.channels) + " DRAM channels and " +
                std::to_string(slices) + " L2 slices: one must divide the other");
  }
  for (std::uint32_t i = 0; i < shuffled_units_.value(); ++i) {
    shuffle_.push_back({static_cast<std::uint16_t>(channels_.remainder(i)),
                        static_cast<std::uint16_t>(channels_.quotient(i))});
  }
  for (std::size_t i = shuffle_.size(); i > 1; --i) std::swap(shuffle_[i - 1], shuffle_[hash_bits(i) % i]);
}

AddressMap::Shuffled AddressMap::shuffled(std::uint32_t unit) const {
  const std::uint32_t region = shuffled_units_.quotient(unit);
  std::uint32_t at =
      unit - region * shuffled_units_.value() + spread(hash_bits(region + 0x9E37), shuffled_units_.value());
  if (at >= shuffled_units_.value()) at -= shuffled_units_.value();
  return shuffle_[at];
}

Place AddressMap::place(std::uint64_t address) const {
  const std::uint32_t unit = unit_of(address);
  std::uint32_t group = channels_.quotient(unit);  // index of the unit within its channel
  std::uint32_t channel = unit - group * channels_.value();
  switch (mapping_) {
    case Mapping::kLow:
      break;
    case Mapping::kHashed: {
      const Shuffled at = shuffled(unit);
      channel = at.channel;
      group = shuffled_units_.quotient(unit) * kShuffleDepth + at.level;
      break;
    }
    case Mapping::kHigh:
      channel = channels_.remainder(region_units_.quotient(unit));
      group = region_units_.remainder(unit);
      break;
  }
  const std::uint32_t page = units_per_page_.quotient(group);
  const std::uint32_t row = banks_.quotient(page);
  const std::uint32_t bank =
      banks_.remainder(page + spread(hash_bits(row * 0x9E3779B97F4A7C15ull + channel), banks_.value()));
  const std::uint32_t slice = channels_per_slice_.quotient(channel) * slices_per_channel_.value() +
                              slices_per_channel_.remainder(group);
  const std::uint32_t unit_in_slice = slices_per_channel_.quotient(group) * channels_per_slice_.value() +
                                      channels_per_slice_.remainder(channel);
  return {channel, slice, bank, row, unit_in_slice};
}

std::uint32_t AddressMap::column(std::uint64_t address) const {
  const std::uint32_t unit = unit_of(address);
  std::uint32_t group = channels_.quotient(unit);
  if (mapping_ == Mapping::kHashed) {
    group = shuffled_units_.quotient(unit) * kShuffleDepth + shuffled(unit).level;
  } else if (mapping_ == Mapping::kHigh) {
    group = region_units_.remainder(unit);
  }
  return units_per_page_.remainder(group) * interleave_bytes() +
         static_cast<std::uint32_t>(address % interleave_bytes());
}

}  // namespace fp6sim::sim
