// What one SM adds to a run's timeline.
#pragma once

#include <cstdint>

#include "sim/kernel/launch_plan.h"
#include "sim/stats/timeline.h"

namespace fp6sim::sim {

class SmTimeline {
 public:
  /// `timeline` null: nothing is recorded.
  SmTimeline(Timeline* timeline, int sm, Clock clock) : timeline_(timeline), sm_(sm), clock_(clock) {}

  void copy(std::int64_t cta, std::int64_t stage, Time start, Time end) {
    if (timeline_ != nullptr) add(Timeline::Track::kCopy, Timeline::Name::kCopy, cta, stage, start, end);
  }
  void result(std::int64_t cta, Time start, Time end) {
    if (timeline_ != nullptr) add(Timeline::Track::kResult, Timeline::Name::kResult, cta, -1, start, end);
  }
  void pipe(Timeline::Name name, std::int64_t cta, std::int64_t stage, Time start, Time end) {
    if (detailed()) add(Timeline::Track::kPipe, name, cta, stage, start, end);
  }
  /// A stage that was waited for from `waiting` to `start` and computed until `end`.
  /// Its work is that of `as`: another CTA where this one adds the partial sums of all.
  void stage(const Launch& launch, int slot, std::int64_t as, std::int64_t cta, std::int64_t stage,
             Time waiting, Time start, Time end);
  /// The way of its partial sums to memory, for a CTA that goes on.
  void epilogue(const Launch& launch, int slot, std::int64_t cta, Time start, Time end);
  /// A whole CTA: launched from `start` to `begin`, its last stage done at `computed`, its results at `end`.
  void cta(const Launch& launch, int slot, std::int64_t cta, Time start, Time begin, Time computed, Time end);

 private:
  bool detailed() const { return timeline_ != nullptr && timeline_->detailed(sm_); }
  void add(Timeline::Track track, Timeline::Name name, std::int64_t cta, std::int64_t stage, Time start,
           Time end, int slot = 0, int warp = 0);
  void warp_stage(const StageWork& work, const WarpWork& own, int slot, int warp, std::int64_t cta,
                  std::int64_t stage, Time start, Time end);

  Timeline* timeline_;
  int sm_;
  Clock clock_;
};

}  // namespace fp6sim::sim
