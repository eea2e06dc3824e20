// The event queue of the memory path: a wheel of short time slots, each a first-in first-out list threaded
// through the transactions themselves, so that an event costs two stores and no allocation.
//
//   slot width 2^18 fs (0.26 ns, under half a core cycle), 8192 slots: 2.1 us ahead. What lies further waits
//   in a heap and enters the wheel when its slot comes into reach. Two events of one slot run in the order
//   they were scheduled.
#pragma once

#include <cassert>
#include <cstdint>
#include <queue>
#include <vector>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

class TimingWheel {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr int kSlotShift = 18;
  static constexpr std::int64_t kSlots = 8192;

  TimingWheel() : head_(kSlots, kNone), tail_(kSlots, kNone) {}

  /// Schedules event `id` at `when`, which must not lie before the slot being run. An id is in the wheel at
  /// most once.
  void schedule(std::uint32_t id, Time when) {
    std::int64_t slot = when >> kSlotShift;
    if (slot < slot_) slot = slot_;
    if (slot >= slot_ + kSlots) {
      far_.push({slot, order_++, id});
      return;
    }
    append(slot, id);
    ++pending_;
  }

  bool empty() const { return pending_ == 0 && far_.empty(); }

  /// Runs every event before `until` in time order; `run(id, slot_time)` may schedule more. `soon(id, slots)`
  /// is told of most events twice, kSoon and kSooner slots before they run, so that what they need can be
  /// fetched into the cache.
  static constexpr std::int64_t kSoon = 4, kSooner = 2;
  template <class Run, class Soon>
  void advance(Time until, Run run, Soon soon) {
    const std::int64_t last = until >> kSlotShift;
    while (slot_ < last) {
      if (empty()) {
        slot_ = last;
        return;
      }
      while (!far_.empty() && far_.top().slot < slot_ + kSlots) {
        append(far_.top().slot, far_.top().id);
        ++pending_;
        far_.pop();
      }
      for (const std::int64_t ahead : {kSoon, kSooner}) {
        for (std::uint32_t id = head_[(slot_ + ahead) & (kSlots - 1)]; id != kNone; id = next_[id])
          soon(id, ahead);
      }
      std::uint32_t& head = head_[slot_ & (kSlots - 1)];
      while (head != kNone) {
        const std::uint32_t id = head;
        head = next_[id];
        --pending_;
        run(id, slot_ << kSlotShift);
      }
      ++slot_;
    }
  }

  /// Ids up to `count` may be scheduled.
  void reserve_ids(std::uint32_t count) {
    if (next_.size() < count) next_.resize(count, kNone);
  }

 private:
  struct Far {
    std::int64_t slot;
    std::uint64_t order;
    std::uint32_t id;
    bool operator<(const Far& other) const {  // std::priority_queue keeps the largest on top: invert
      return slot != other.slot ? slot > other.slot : order > other.order;
    }
  };

  void append(std::int64_t slot, std::uint32_t id) {
    assert(id < next_.size());
    const std::int64_t index = slot & (kSlots - 1);
    next_[id] = kNone;
    if (head_[index] == kNone) {
      head_[index] = id;
    } else {
      next_[tail_[index]] = id;
    }
    tail_[index] = id;
  }

  std::vector<std::uint32_t> head_, tail_, next_;
  std::priority_queue<Far> far_;
  std::int64_t slot_ = 0;
  std::int64_t pending_ = 0;
  std::uint64_t order_ = 0;
};

}  // namespace fp6sim::sim
