// From what each lane did to what the warp did: lanes at the same line merge into one event.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "emu/simt/site.h"
#include "emu/simt/thread.h"
#include "emu/trace/trace.h"

namespace fp6sim::simt {

struct Lane;

/// A lane's side of an event. `a`, `b`, `c` depend on `op`:
///   global access:  a = buffer << 48 | offset
///   shared access:  a = offset
///   async copy:     a = source as a global access (all ones: reads nothing), b = shared offset, c = bytes
///   read bulk copy:      a = source, b = barrier << 32 | bytes barriers:       a = id or ordinal, b = value,
///   c = tx bytes collectives:    a = mask of lanes that must merge into one event, b: ldmatrix row offset,
///   c: columns of a wgmma (0: mma_m16n8k16)
struct LaneEvent {
  trace::Op op;
  std::uint8_t bytes;
  std::uint16_t site;
  std::uint32_t c;
  std::uint64_t a, b;
  OpCounts counts;
};

/// Records one CTA at a time. Programs come out with addresses relative to each buffer's start.
class CtaRecorder {
 public:
  CtaRecorder(unsigned warps, const SiteTable& sites);

  void add(Lane& lane, trace::Op op, std::uint32_t site, unsigned bytes, std::uint64_t a, std::uint64_t b,
           std::uint32_t c);
  /// Merges what the warp's lanes did so far. Called where all of them have just met, and at the end.
  void merge(unsigned warp);
  bool worth_merging(unsigned warp) const { return lanes_[warp * kWarpSize].size() >= 256; }
  trace::Program take();

 private:
  void emit(unsigned warp, std::uint32_t lane_mask);
  void emit_access(trace::Warp& warp, trace::Event& event,
                   const std::array<const LaneEvent*, kWarpSize>& lanes, unsigned count);

  const SiteTable& sites_;
  unsigned warps_;
  std::vector<std::vector<LaneEvent>> lanes_;  ///< per thread
  std::array<std::size_t, kWarpSize> next_{};  ///< while merging: the lane's first event not emitted
  trace::Program program_;
  std::vector<std::uint32_t> line_of_site_;  ///< site -> index + 1 into program_.lines
};

}  // namespace fp6sim::simt
