// Which buffer an address of an imported trace lies in.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "emu/trace/trace.h"

namespace fp6sim::trace {

/// Where device memory was copied to, as buffers; the last one takes every other address.
class Regions {
 public:
  void add(std::uint64_t address, std::uint64_t bytes) {
    if (bytes == 0 || starts_.contains(address) || starts_.size() == 4000) return;
    const auto after = starts_.upper_bound(address);
    if (after != starts_.end() && after->first - address < bytes)
      return;  // overlaps a later one: stays "memory"
    if (after != starts_.begin()) {
      const auto& [start, index] = *std::prev(after);
      if (address - start < buffers_[index].bytes) return;
    }
    starts_[address] = static_cast<std::uint16_t>(buffers_.size());
    buffers_.push_back({"copy " + std::to_string(buffers_.size()), bytes, address});
  }
  std::vector<BufferInfo> buffers() const {
    auto all = buffers_;
    all.push_back({"memory", std::uint64_t{1} << 48, 0});
    return all;
  }
  /// buffer << 48 | offset
  std::uint64_t place(std::uint64_t address) const {
    const auto after = starts_.upper_bound(address);
    if (after != starts_.begin()) {
      const auto& [start, index] = *std::prev(after);
      if (address - start < buffers_[index].bytes) return std::uint64_t{index} << 48 | (address - start);
    }
    return std::uint64_t{buffers_.size()} << 48 | address;
  }

 private:
  std::vector<BufferInfo> buffers_;
  std::map<std::uint64_t, std::uint16_t> starts_;
};

}  // namespace fp6sim::trace
