#include "emu/simt/clocks.h"

#include <algorithm>
#include <cstddef>

namespace fp6sim::simt {

Clocks::Clocks(unsigned threads)
    : warps_((threads + 31) / 32),
      warp_epoch_(warps_ + 1, 1),
      synced_((warps_ + 1) * std::size_t{32}, 1),
      known_((warps_ * std::size_t{32} + 1) * (warps_ + 1), 0) {}

void Clocks::full_barrier() {
  barrier_epoch_ = ++last_epoch_;
  std::fill(warp_epoch_.begin(), warp_epoch_.end(), barrier_epoch_);
}

void Clocks::release(unsigned thread, Clock& into) {
  const std::uint32_t* known = &known_[std::size_t{thread} * (warps_ + 1)];
  for (unsigned w = 0; w <= warps_; ++w) into[w] = std::max(into[w], known[w]);
  const unsigned warp = thread / 32;
  into[warp] = std::max(into[warp], warp_epoch_[warp]);
  warp_epoch_[warp] = ++last_epoch_;
}

void Clocks::acquire(unsigned thread, const Clock& from) {
  std::uint32_t* known = &known_[std::size_t{thread} * (warps_ + 1)];
  for (unsigned w = 0; w <= warps_; ++w) known[w] = std::max(known[w], from[w]);
  synced_[thread] = std::max(synced_[thread], from[thread / 32] + 1);
}

void Clocks::sync_warp(unsigned warp, std::uint32_t mask) {
  const std::size_t row = warps_ + 1;
  std::uint32_t* first = &known_[warp * std::size_t{32} * row];
  std::uint32_t joined[33] = {};
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    for (std::size_t w = 0; w < row; ++w) joined[w] = std::max(joined[w], first[lane * row + w]);
  }
  warp_epoch_[warp] = ++last_epoch_;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    std::copy_n(joined, row, first + lane * row);
    synced_[warp * 32 + lane] = last_epoch_;
  }
}

void Clocks::release_async(Clock& into) {
  into[warps_] = std::max(into[warps_], warp_epoch_[warps_]);
  warp_epoch_[warps_] = ++last_epoch_;
}

}  // namespace fp6sim::simt
