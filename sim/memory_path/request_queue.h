// A DRAM channel's waiting requests: a ring in order of arrival, from whose oldest few any may be taken.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/memory_path/time.h"

namespace fp6sim::sim {

struct DramRequest {
  std::uint32_t transaction;
  std::uint32_t row;
  std::uint8_t bank;
  std::uint8_t rows;  ///< it stands for as many requests, each of a row of its own
  std::uint16_t bytes;
  Time arrived;
};

class RequestQueue {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// 0 is the oldest.
  const DramRequest& operator[](std::size_t i) const { return ring_[(head_ + i) & (ring_.size() - 1)]; }
  void push(const DramRequest& request) {
    if (size_ == ring_.size()) grow();
    ring_[(head_ + size_++) & (ring_.size() - 1)] = request;
  }
  /// Removes request `i`; the older ones move up, so that a small `i` is cheap however long the queue.
  DramRequest take(std::size_t i) {
    assert(i < size_);
    const std::size_t mask = ring_.size() - 1;
    const DramRequest taken = (*this)[i];
    for (; i > 0; --i) ring_[(head_ + i) & mask] = ring_[(head_ + i - 1) & mask];
    head_ = (head_ + 1) & mask;
    --size_;
    return taken;
  }

 private:
  void grow() {
    std::vector<DramRequest> larger(ring_.empty() ? 64 : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
    ring_.swap(larger);
    head_ = 0;
  }

  std::vector<DramRequest> ring_;  // a power of two long
  std::size_t head_ = 0, size_ = 0;
};

}  // namespace fp6sim::sim
