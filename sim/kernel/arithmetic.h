// Functional mode's view of a launch: what its CTAs do with the bytes their copies bring, in the order in
// which the timing model lets them. Takes no simulated time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

/// One CTA. Stages may land in any order; they are computed in ascending order, each after it has landed.
class CtaArithmetic {
 public:
  virtual ~CtaArithmetic() = default;

  /// The request as this CTA sends it.
  virtual StageRequest relocated(std::int64_t /*stage*/, const StageRequest& request) const {
    return request;
  }
  /// A stage's bytes are in shared memory: those of the request's pieces, one after the other.
  virtual void landed(std::int64_t stage, const StageRequest& request, std::vector<std::uint8_t> bytes) = 0;
  virtual void compute(std::int64_t stage) = 0;
  /// The bytes `request` writes, after the last stage.
  virtual std::vector<std::uint8_t> result(const StageRequest& request) = 0;
};

class LaunchArithmetic {
 public:
  virtual ~LaunchArithmetic() = default;
  virtual std::unique_ptr<CtaArithmetic> start(std::int64_t cta) = 0;
  /// A CTA that has written its partial sums goes on with the stages in which `joiner` reads all of them.
  virtual std::unique_ptr<CtaArithmetic> join(std::int64_t joiner) { return start(joiner); }
};

inline std::size_t bytes_of(const StageRequest& request) {
  std::size_t bytes = 0;
  for (int i = 0; i < request.segment_count; ++i) {
    const Segment& segment = request.segments[static_cast<std::size_t>(i)];
    bytes += std::size_t{segment.bytes} * segment.count;
  }
  return bytes;
}

}  // namespace fp6sim::sim
