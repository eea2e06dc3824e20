// Traces as text, for people.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "emu/trace/reader.h"

namespace fp6sim::trace {

struct DumpOptions {
  std::optional<std::uint32_t> class_id;  ///< also the events of this class of every launch ...
  std::optional<std::uint32_t> warp;      ///< ... of this warp only
};

/// Launches, buffers, and per class how many CTAs behave so and what one does in total; then the events asked
/// for. Throws fp6sim::Error for a class or warp no launch has.
void dump(const Reader& trace, std::ostream& to, const DumpOptions& options = {});

/// "async-copy" and the like, as dump() prints them.
const char* op_name(Op op);

/// Totals over a program's warps.
struct ProgramTotals {
  std::uint64_t events = 0;
  std::uint64_t read_sectors = 0, written_sectors = 0;  ///< atomics count as written
  std::uint64_t shared_passes = 0, shared_conflicts = 0;
  std::uint64_t mma = 0;
  Counts counts;
  std::uint64_t instructions() const { return events + counts.total(); }
};
ProgramTotals totals(const Program& program);

}  // namespace fp6sim::trace
