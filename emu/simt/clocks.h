// Which of two accesses of a CTA came first, as its synchronisation orders them (and not as this run happened
// to).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fp6sim::simt {

/// What a synchronisation object passes on: for every thread, the epoch up to which its accesses are ordered
/// before.
using Clock = std::vector<std::uint32_t>;

/// Vector clocks: one per thread, an entry per thread (and one for the asynchronous copy engine). A warp's
/// epoch ticks whenever one of its lanes releases; an access is stamped with its warp's epoch. A lane
/// publishes what it did itself and what was ordered before it: of the other lanes of its warp, what came
/// before a sync_warp.
class Clocks {
 public:
  explicit Clocks(unsigned threads);

  unsigned warps() const { return warps_; }
  /// The pseudo-thread that writes for bulk copies and cp.async completions on mbarriers.
  unsigned async_thread() const { return warps_ * 32; }
  Clock new_clock() const { return Clock(row_, 0); }

  /// A new CTA: everything so far is ordered before everything from now on.
  void order_all() { full_barrier(); }
  void full_barrier();
  /// `thread` publishes, then what follows is a new epoch.
  void release(unsigned thread, Clock& into);
  void acquire(unsigned thread, const Clock& from);
  void sync_warp(unsigned warp, std::uint32_t mask);
  /// What `thread`'s warp does from here on can be told from what it did before.
  void new_epoch(unsigned thread) { warp_epoch_[thread / 32] = ++last_epoch_; }
  /// The copy engine publishes what it has written.
  void release_async(Clock& into);

  std::uint32_t epoch(unsigned thread) const { return warp_epoch_[thread / 32]; }
  /// Whether an access by `other` stamped `epoch` is ordered before what `thread` does now.
  bool ordered(unsigned other, std::uint32_t epoch, unsigned thread) const {
    return epoch < barrier_epoch_ || other == thread || epoch <= known_[thread * row_ + other];
  }
  /// Every access of an epoch before this one came before a barrier of the whole CTA.
  std::uint32_t barrier_epoch() const { return barrier_epoch_; }

 private:
  unsigned warps_;
  std::size_t row_;  ///< entries of a clock
  std::uint32_t last_epoch_ = 1;
  std::uint32_t barrier_epoch_ = 1;
  std::vector<std::uint32_t> warp_epoch_;  ///< per warp, then the copy engine
  std::vector<std::uint32_t> known_;       ///< per thread, per thread: accesses up to this epoch are ordered
};

}  // namespace fp6sim::simt
