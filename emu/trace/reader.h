// Reads a trace file: the index at once, programs when asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emu/trace/trace.h"

namespace fp6sim::trace {

/// Memory use is the index plus the program being read. Every failure - not a trace, written by a newer
/// version, truncated, corrupt - throws fp6sim::Error naming the file and the byte position.
class Reader {
 public:
  explicit Reader(const std::string& path);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  const std::vector<LaunchInfo>& launches() const;
  /// One placement per CTA, x fastest; size() == grid.count().
  const std::vector<Placement>& placements(std::size_t launch) const;
  Program program(std::size_t launch, std::uint32_t class_id) const;
  /// What CTA number `index` does, with addresses relative to each buffer's start.
  Program cta(std::size_t launch, std::uint64_t index) const;
  /// One warp of it, without reading the others.
  Warp warp(std::size_t launch, std::uint32_t class_id, std::uint32_t warp) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fp6sim::trace
