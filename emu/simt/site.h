// Lines of kernel source as small numbers.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "emu/simt/thread.h"

namespace fp6sim::simt {

/// Call sites seen so far, numbered from 1 in order of appearance. One table per worker: not shared between
/// threads.
class SiteTable {
 public:
  static constexpr std::uint32_t kUnknown = 0;
  static constexpr std::uint32_t kLimit = (1u << 16) - 1;

  std::uint32_t number(const Where& where) {
    static_assert(sizeof(Where) == sizeof(std::uintptr_t));  // libstdc++ and libc++: a pointer to static data
    const auto key = std::bit_cast<std::uintptr_t>(where);
    Entry& entry = cache_[(key >> 3) % cache_.size()];
    if (entry.key != key) entry = {key, look_up(where)};
    return entry.number;
  }
  const Where& where(std::uint32_t number) const { return sites_[number]; }
  /// "kernel.cuh:41"; only the last two components of the path, so that traces do not depend on where a tree
  /// lies.
  const std::string& text(std::uint32_t number) const { return texts_[number]; }
  /// Position in source: sites compare as their text's file, then line, then column.
  bool before(std::uint32_t a, std::uint32_t b) const;

 private:
  struct Entry {
    std::uintptr_t key = 0;
    std::uint32_t number = kUnknown;
  };
  std::uint32_t look_up(const Where& where);

  std::array<Entry, 1024> cache_{};
  std::vector<Where> sites_{1};
  std::vector<std::string> texts_{"?"};
};

/// The last two components of a path.
std::string short_path(const char* path);

}  // namespace fp6sim::simt
