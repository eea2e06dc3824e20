// Requests of several SMs for one block that is on its way to a slice's port are answered together.
//
//   SM 0  --- X[k] ---+
//   SM 1  --- X[k] ---+--> one answer in the slice's port --> crossbar copies it to SM 0, 1 and 2
//   SM 2  --- X[k] ---+
//
// Nsight Compute's guide names the unit (L2 Request Coalescer, LRC); how many requests it compares is not
// public.
#pragma once

#include <array>
#include <cstdint>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

class Coalescer {
 public:
  /// When the answer to an earlier request that also has `sectors` of `block` leaves the port, if it has not
  /// left by `now`; 0 where there is none.
  Time joins(std::uint32_t block, std::uint16_t sectors, Time now) const {
    for (const Answer& a : answers_) {
      if (a.leaves > now && a.block == block && (sectors & ~a.sectors) == 0) return a.leaves;
    }
    return 0;
  }
  void answered(std::uint32_t block, std::uint16_t sectors, Time leaves) {
    answers_[next_] = {leaves, block, sectors};
    next_ = (next_ + 1) % answers_.size();
  }

 private:
  struct Answer {
    Time leaves = 0;
    std::uint32_t block = 0;
    std::uint16_t sectors = 0;
  };
  std::array<Answer, 8> answers_{};
  std::size_t next_ = 0;
};

}  // namespace fp6sim::sim
