#include "sim/system/sm_timeline.h"

#include <algorithm>

namespace fp6sim::sim {

using Name = Timeline::Name;
using Track = Timeline::Track;

void SmTimeline::add(Track track, Name name, std::int64_t cta, std::int64_t stage, Time start, Time end,
                     int slot, int warp) {
  timeline_->add({start, end, cta, stage, sm_, static_cast<std::int16_t>(slot),
                  static_cast<std::int16_t>(warp), track, name});
}

void SmTimeline::stage(const Launch& launch, int slot, std::int64_t as, std::int64_t cta, std::int64_t stage,
                       Time waiting, Time start, Time end) {
  if (timeline_ == nullptr) return;
  add(Track::kSlot, Name::kStage, cta, stage, waiting, end, slot);
  add(Track::kSlot, Name::kCopyWait, cta, stage, waiting, start, slot);
  add(Track::kSlot, Name::kCompute, cta, stage, start, end, slot);
  if (!detailed()) return;
  const StageWork& work = launch.work_of(as, stage);
  int warp = 0;
  for (const WarpWork& own : launch.warp_work(as, stage)) {
    add(Track::kWarp, Name::kStage, cta, stage, waiting, end, slot, warp);
    add(Track::kWarp, Name::kCopyWait, cta, stage, waiting, start, slot, warp);
    warp_stage(work, own, slot, warp++, cta, stage, start, end);
  }
}

/// A warp's part of a computed stage. Latency is what the stage takes alone beyond its slowest warp's work;
/// what a warp has left is waiting, for that warp or, beyond the time alone, for pipes others use.
void SmTimeline::warp_stage(const StageWork& work, const WarpWork& own, int slot, int warp, std::int64_t cta,
                            std::int64_t stage, Time start, Time end) {
  Time at = start;
  const auto phase = [&](Name name, Time length) {
    const Time until = std::min(end, at + std::max<Time>(0, length));
    add(Track::kWarp, name, cta, stage, at, until, slot, warp);
    at = until;
  };
  const Time alone = std::min(end - start, clock_.cycles(work.alone));
  phase(Name::kLatency, clock_.cycles(work.alone - work.alone_issue - work.alone_expand - work.alone_tensor));
  phase(Name::kIssue, clock_.cycles(own.issue));
  phase(Name::kDequantise, clock_.cycles(own.expand));
  phase(Name::kMma, clock_.cycles(own.tensor));
  phase(Name::kWarps, start + alone - at);
  phase(Name::kBusy, end - at);
}

void SmTimeline::epilogue(const Launch& launch, int slot, std::int64_t cta, Time start, Time end) {
  if (timeline_ == nullptr) return;
  add(Track::kSlot, Name::kEpilogue, cta, -1, start, end, slot);
  if (!detailed() || launch.stages(cta) == 0) return;
  const int warps = static_cast<int>(launch.warp_work(cta, 0).size());
  for (int warp = 0; warp < warps; ++warp)
    add(Track::kWarp, Name::kEpilogue, cta, -1, start, end, slot, warp);
}

void SmTimeline::cta(const Launch& launch, int slot, std::int64_t cta, Time start, Time begin, Time computed,
                     Time end) {
  if (timeline_ == nullptr) return;
  const auto whole = [&](Track track, int warp) {
    add(track, Name::kCta, cta, -1, start, end, slot, warp);
    add(track, Name::kLaunch, cta, -1, start, begin, slot, warp);
    add(track, Name::kEpilogue, cta, -1, computed, end, slot, warp);
  };
  whole(Track::kSlot, 0);
  if (!detailed() || launch.stages(cta) == 0) return;
  const int warps = static_cast<int>(launch.warp_work(cta, 0).size());
  for (int warp = 0; warp < warps; ++warp) whole(Track::kWarp, warp);
}

}  // namespace fp6sim::sim
