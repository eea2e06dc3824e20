#include "emu/simt/global_order.h"

#include <algorithm>

namespace fp6sim::simt {

void Cut::join(const Cut& other) {
  clock.resize(std::max(clock.size(), other.clock.size()), 0);
  for (std::size_t i = 0; i < other.clock.size(); ++i) clock[i] = std::max(clock[i], other.clock[i]);
  barrier = std::max(barrier, other.barrier);
}

void Published::publish(std::uint64_t cta, const Cut& cut) {
  const std::lock_guard lock(mutex_);
  ctas_[cta].join(cut);
}

bool Published::covers(std::uint64_t cta, unsigned thread, std::uint32_t epoch) {
  const std::lock_guard lock(mutex_);
  const auto found = ctas_.find(cta);
  return found != ctas_.end() && found->second.covers(thread, epoch);
}

void GlobalOrder::new_cta() {
  if (any_fence_) std::fill(threads_.begin(), threads_.end(), Thread{});
  any_fence_ = observed_ = false;
}

void GlobalOrder::fence(unsigned thread) {
  any_fence_ = true;
  Fence fence{clocks_.epoch(thread), {clocks_.new_clock(), clocks_.barrier_epoch()}};
  clocks_.release(thread, fence.before.clock);
  Thread& self = threads_[thread];
  if (observed_ && self.acquired == 0 && fence.before.covers(observer_, observation_)) {
    self.acquired = fence.epoch;
  }
  if (self.fences.size() == kFencesKept) self.fences.erase(self.fences.begin());
  self.fences.push_back(std::move(fence));
}

void GlobalOrder::publish(unsigned thread, std::uint64_t cta, Published& published) {
  if (!any_fence_) return;
  Cut visible;
  for (unsigned other = 0; other < threads_.size(); ++other) {
    const auto& fences = threads_[other].fences;
    const auto last = std::find_if(fences.rbegin(), fences.rend(), [&](const Fence& fence) {
      return clocks_.ordered(other, fence.epoch, thread);
    });
    if (last != fences.rend()) visible.join(last->before);
  }
  published.publish(cta, visible);
}

void GlobalOrder::observe(unsigned thread) {
  if (observed_) return;
  observed_ = true;
  observer_ = thread;
  observation_ = clocks_.epoch(thread);
  clocks_.new_epoch(thread);
}

void GlobalOrder::acquire(unsigned thread) {
  observe(thread);
  Thread& self = threads_[thread];
  if (self.acquired != 0) return;
  any_fence_ = true;
  self.acquired = clocks_.epoch(thread);
  clocks_.new_epoch(thread);
}

bool GlobalOrder::has_acquired(unsigned thread) const {
  for (unsigned other = 0; other < threads_.size(); ++other) {
    const std::uint32_t epoch = threads_[other].acquired;
    if (epoch != 0 && clocks_.ordered(other, epoch, thread)) return true;
  }
  return false;
}

}  // namespace fp6sim::simt
