// What a warp has asked the tensor core for and not waited for. Internal to the executor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "emu/simt/collective.h"
#include "emu/simt/matrix_descriptor.h"
#include "emu/simt/thread.h"

namespace fp6sim::simt {

/// A lane's registers as the last fence, or the last step that completed in them, left them.
struct FencedRegisters {
  std::byte* at;
  std::vector<std::byte> values;
};

/// A warp's accumulators while steps are in flight: the registers hold poison, the sums are here.
struct FlyingAccumulators {
  std::array<std::byte*, kWarpSize> registers;
  std::size_t bytes;          ///< of one lane
  std::vector<float> sums;    ///< [block of 8 tokens][16 rows][8 tokens]
  std::size_t in_flight = 0;  ///< steps that will still add to them
};

struct WarpgroupStep {
  MmaInput input;
  FlyingAccumulators* accumulators;
  std::array<const std::uint32_t*, kWarpSize> a;
  std::array<std::array<std::uint32_t, 4>, kWarpSize> a_values;  ///< at issue
  std::uint64_t descriptor;
  MatrixDescriptor matrix;
  Where where;
};

struct WarpWork {
  std::vector<WarpgroupStep> steps;  ///< in flight, in order
  std::vector<std::size_t> groups;   ///< groups[i]: steps up to the end of group i
  std::vector<std::unique_ptr<FlyingAccumulators>> accumulators;
  std::size_t executed = 0;  ///< warpgroup instructions so far
  unsigned registers = 0;    ///< a thread's, where setmaxnreg was executed
};

/// The four warps of a warpgroup execute the same instructions: the first to come writes them down.
struct WarpgroupLog {
  struct Entry {
    const char* name;
    std::uint64_t operand;
    Where where;
  };
  std::deque<Entry> entries;
  std::size_t first = 0;  ///< number of entries[0]
};

}  // namespace fp6sim::simt
