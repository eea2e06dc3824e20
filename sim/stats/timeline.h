// Intervals of a run, for Perfetto and Chrome's trace viewer.
//
// A process a SM, and in it tracks on which intervals nest and never overlap:
//
//   slot 0           | CTA 17                                                                  |
//                    | launch | stage 0            | stage 1              | ...   | epilogue  |
//                             | copy wait | compute| copy wait | compute  |
//   slot 0 warp 3    | CTA 17                                                                  |
//                    | launch | stage 0                                                  | ...
//                             | copy wait | latency | issue | dequantise | mma | waits for ... |
//   copies 0, 1 ...  | copy 17.0      | copy 17.3  |      a copy and those that are in flight with it
//   results 0 ...    | result 17 |
//   pipe tensor-core | 17.0 | 17.1 |                       what each resource was reserved for
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

class Timeline {
 public:
  enum class Track : std::uint8_t { kSlot, kWarp, kCopy, kResult, kPipe };
  enum class Name : std::uint8_t {
    kCta,
    kLaunch,
    kStage,
    kCopyWait,
    kCompute,
    kEpilogue,
    kLatency,     ///< barrier, first fragments, mma latency: what nothing overlaps
    kIssue,       ///< its instructions, without those that expand
    kDequantise,  ///< integer and half2 instructions
    kMma,
    kWarps,  ///< waits for the CTA's slowest warp
    kBusy,   ///< waits for a pipe or unit that other CTAs, or its own other warps, keep busy
    kCopy,
    kResult,
    kPipeIssue,
    kPipeExpand,
    kPipeShared,
    kPipeMemory,
    kPipeTensor,
  };
  struct Interval {
    Time start = 0, end = 0;
    std::int64_t cta = 0, stage = -1;  ///< -1: of no stage
    std::int32_t sm = 0;
    std::int16_t slot = 0, warp = 0;  ///< of slot and warp tracks
    Track track = Track::kSlot;
    Name name = Name::kCta;
  };

  /// Warps and pipes of the first `detailed_sms` SMs are recorded: all of a large GEMM's would be gigabytes.
  explicit Timeline(int detailed_sms = 1) : detailed_sms_(detailed_sms) {}

  bool detailed(int sm) const { return sm < detailed_sms_; }
  /// Empty intervals are left out.
  void add(const Interval& interval) {
    if (interval.end > interval.start) intervals_.push_back(interval);
  }
  /// Writes the trace-event JSON; times are exact to the femtosecond. Throws Error where the file cannot be
  /// written.
  void write(const std::string& path) const;

 private:
  int detailed_sms_;
  std::vector<Interval> intervals_;
};

}  // namespace fp6sim::sim
