// Whether what one CTA stored in global memory may be read by another: a fence after the stores and an atomic
// after the fence on one side, an atomic and a fence after it on the other, barriers between threads where
// several share the work.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "emu/simt/clocks.h"

namespace fp6sim::simt {

/// Accesses of a CTA up to some point of its order.
struct Cut {
  Clock clock;                ///< a thread's accesses up to this epoch ...
  std::uint32_t barrier = 0;  ///< ... and everybody's before this one
  bool covers(unsigned thread, std::uint32_t epoch) const {
    return epoch < barrier || (thread < clock.size() && epoch <= clock[thread]);
  }
  void join(const Cut& other);
};

/// What each CTA of a launch has made visible to the others.
class Published {
 public:
  void publish(std::uint64_t cta, const Cut& cut);
  bool covers(std::uint64_t cta, unsigned thread, std::uint32_t epoch);

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Cut> ctas_;
};

/// The fences and atomics of the CTA that runs.
class GlobalOrder {
 public:
  explicit GlobalOrder(Clocks& clocks) : clocks_(clocks), threads_(clocks.async_thread()) {}

  void new_cta();
  /// thread_fence().
  void fence(unsigned thread);
  /// An atomic: others that observe it see what was fenced before it.
  void publish(unsigned thread, std::uint64_t cta, Published& published);
  /// An atomic: what others had published before it is visible to those who then fence. The first of the CTA
  /// counts.
  void observe(unsigned thread);
  /// A load that acquires: observes and fences in one, for what others stored.
  void acquire(unsigned thread);
  /// Whether a fence after the observation is ordered before what `thread` does now.
  bool has_acquired(unsigned thread) const;

 private:
  struct Fence {
    std::uint32_t epoch;
    Cut before;
  };
  struct Thread {
    std::vector<Fence> fences;   ///< the last few
    std::uint32_t acquired = 0;  ///< epoch of its first fence after the observation
  };
  static constexpr std::size_t kFencesKept = 4;

  Clocks& clocks_;
  std::vector<Thread> threads_;
  bool any_fence_ = false, observed_ = false;
  unsigned observer_ = 0;
  std::uint32_t observation_ = 0;
};

}  // namespace fp6sim::simt
