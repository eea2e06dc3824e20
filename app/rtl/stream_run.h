// Drives a unit's two input streams, stalls everything at random, and compares what comes out, lane by lane.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/rtl/coverage.h"
#include "rtl/model/dequant_unit.h"

namespace fp6sim::rtl {

/// One beat to come: its mode and a code for each lane.
struct PlannedBeat {
  BeatMode mode;
  std::array<std::uint8_t, 64> codes{};
};

/// Beats that share scales. Illegal beats may stand among them; they do not count towards mode.group_beats.
struct PlannedGroup {
  std::array<std::uint16_t, 64> scales{};  ///< parameters().scales_per_beat of them
  std::array<std::uint8_t, 64> zeros{};
  std::vector<PlannedBeat> beats;
};

/// Yields the stimulus group by group; sets `group` and returns true until there is no more.
class Stimulus {
 public:
  virtual ~Stimulus() = default;
  virtual bool next(PlannedGroup& group) = 0;
};

/// Chances, out of 256 and in each cycle, that a stream is held back; a stream held stays so for a few
/// cycles.
struct Stalls {
  int beat = 0;
  int scale = 0;
  int out = 0;
};

struct Mismatch {
  std::uint64_t beat;
  int lane;
  BeatMode mode;
  std::uint8_t code, zero;
  std::uint16_t scale, expected, actual;

  /// One line: where, what went in, both bit patterns, both values.
  std::string describe() const;
};

struct StreamResult {
  std::uint64_t cycles = 0;
  std::uint64_t beats = 0;       ///< legal ones
  std::uint64_t compared = 0;    ///< lane results
  std::uint64_t mismatches = 0;  ///< lane results that differ
  std::optional<Mismatch> first_mismatch;
  std::uint64_t protocol_errors = 0;  ///< lost, duplicated, reordered or unstable beats; wrong error flags
  std::string first_protocol_error;

  bool clean() const { return mismatches == 0 && protocol_errors == 0; }
};

/// Runs all of `stimulus` through `unit` (which is not reset first) until every beat has left it, with random
/// stalls from `seed`. What it saw is added to `coverage`.
StreamResult run_stream(DequantUnit& unit, Stimulus& stimulus, const Stalls& stalls, std::uint64_t seed,
                        Coverage& coverage);

}  // namespace fp6sim::rtl
