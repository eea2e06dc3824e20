// The index of a trace file: everything but the events. Internal to reader and writer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emu/trace/codec.h"
#include "emu/trace/trace.h"

namespace fp6sim::trace {

struct Chunk {
  std::uint64_t position = 0, bytes = 0;  ///< of the zstd frame in the file
};

struct ClassIndex {
  std::vector<std::string> lines;
  std::vector<std::vector<Chunk>> warps;
};

struct LaunchIndex {
  LaunchInfo info;
  std::vector<ClassIndex> classes;
  std::vector<Placement> placements;
};

Bytes encode_index(const std::vector<LaunchIndex>& launches);
/// `end` is where the chunks must lie before.
std::vector<LaunchIndex> decode_index(Decoder& from, std::uint64_t end);

}  // namespace fp6sim::trace
