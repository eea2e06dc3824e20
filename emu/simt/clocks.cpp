#include "emu/simt/clocks.h"

#include <algorithm>

namespace fp6sim::simt {
namespace {

void join(std::uint32_t* into, const std::uint32_t* from, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) into[i] = std::max(into[i], from[i]);
}

}  // namespace

Clocks::Clocks(unsigned threads)
    : warps_((threads + 31) / 32),
      row_(warps_ * std::size_t{32} + 1),
      warp_epoch_(warps_ + 1, 1),
      known_(warps_ * std::size_t{32} * row_, 0) {}

void Clocks::full_barrier() {
  barrier_epoch_ = ++last_epoch_;
  std::fill(warp_epoch_.begin(), warp_epoch_.end(), barrier_epoch_);
}

void Clocks::release(unsigned thread, Clock& into) {
  join(into.data(), &known_[thread * row_], row_);
  into[thread] = std::max(into[thread], epoch(thread));
  new_epoch(thread);
}

void Clocks::acquire(unsigned thread, const Clock& from) {
  join(&known_[thread * row_], from.data(), row_);
}

void Clocks::sync_warp(unsigned warp, std::uint32_t mask) {
  const std::size_t first = warp * std::size_t{32};
  Clock joined(row_, 0);
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    join(joined.data(), &known_[(first + lane) * row_], row_);
    joined[first + lane] = warp_epoch_[warp];
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) != 0) std::copy_n(joined.begin(), row_, &known_[(first + lane) * row_]);
  }
  warp_epoch_[warp] = ++last_epoch_;
}

void Clocks::release_async(Clock& into) {
  into[async_thread()] = std::max(into[async_thread()], warp_epoch_[warps_]);
  warp_epoch_[warps_] = ++last_epoch_;
}

}  // namespace fp6sim::simt
