// Intervals of a run, for Chrome's trace viewer and Perfetto.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

class Timeline {
 public:
  enum class Kind : std::uint8_t { kCta, kCopy, kCompute, kResult };

  void add(Kind kind, int sm, std::int64_t cta, std::int64_t stage, Time start, Time end) {
    intervals_.push_back({start, end, cta, stage, sm, kind});
  }
  /// Writes the trace-event JSON: a process an SM, a track a kind. Throws Error where the file cannot be
  /// written.
  void write(const std::string& path) const;

 private:
  struct Interval {
    Time start, end;
    std::int64_t cta, stage;
    int sm;
    Kind kind;
  };
  std::vector<Interval> intervals_;
};

}  // namespace fp6sim::sim
