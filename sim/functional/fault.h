// Planted faults: one bit of one payload flipped in flight, or two payloads exchanged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/memory_path/payload_store.h"

namespace fp6sim::sim {

struct Fault {
  enum class Kind : std::uint8_t { kFlip, kSwap };
  Kind kind = Kind::kFlip;
  Leg leg = Leg::kResponse;  ///< of a flip; swaps are of responses
  std::uint64_t number = 0;  ///< the payload's, counted over its leg from 0
  std::uint32_t bit = 0;     ///< of a flip: bit b of the payload is bit b % 8 of its byte b / 8
};

/// A payload a fault has met.
struct Victim {
  std::uint64_t number, address;
  std::uint16_t sm;
  std::size_t bytes;
};

/// Hand tap() to a FunctionalGemm. A flip meets one victim: payload `number` of the leg, if there is one and
/// it has that bit. A swap meets two: the first response from `number` on that is still in flight when
/// another of the same length and a different address sets out, and that other one.
class FaultInjector {
 public:
  explicit FaultInjector(const Fault& fault) : fault_(fault) {}

  /// Calls this object: it must outlive the run.
  PayloadTap tap();
  const std::vector<Victim>& victims() const { return victims_; }

 private:
  void flip(InFlight& payload);
  void swap(InFlight& payload);

  Fault fault_;
  std::vector<Victim> victims_;
  std::optional<InFlight> waiting_;  // a swap's first victim, in flight
};

/// "flip:NUMBER:BIT" or "swap:NUMBER", of responses. Throws fp6sim::Error.
Fault parse_fault(const std::string& text);

}  // namespace fp6sim::sim
