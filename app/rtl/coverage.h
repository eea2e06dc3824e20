// Functional coverage: what a verification run made happen, against what it should have.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rtl/model/dequant_unit.h"

namespace fp6sim::rtl {

/// Everything the unit's streams can be caught doing in a cycle.
enum class StreamEvent : std::uint8_t {
  kBeatMoves,            ///< a beat enters
  kBeatWaitsForUnit,     ///< offered, not taken
  kBeatWaitsForScale,    ///< offered, not taken, though the output is free
  kScaleWaits,           ///< a scale offered, not taken
  kOutMoves,             ///< a result leaves
  kOutHeld,              ///< a result held by its taker
  kBackToBackGroups,     ///< the first beat of a group enters in the cycle after the last of another
  kOneBeatGroups,        ///< two groups of one beat each, back to back
  kFormatChangesInside,  ///< a format change while beats of the old one are still inside
  kIllegalWhileBusy,     ///< an illegal beat swallowed while legal ones are inside
  kErrorCleared,
  kCount,
};

class Coverage {
 public:
  void see_beat(const BeatMode& mode, const BeatMode* previous, std::span<const std::uint8_t> codes);
  void see_error(std::uint8_t cause) { errors_.set(cause); }
  void see(StreamEvent event) { events_.set(static_cast<std::size_t>(event)); }
  void see_result(std::uint16_t bits, bool bfloat);

  struct Bin {
    std::string name;
    std::size_t hit, total;
  };
  /// Every group of bins, with what that unit can reach.
  std::vector<Bin> bins(const UnitParameters& unit) const;
  /// "format x split 22/22, ...": one line.
  std::string summary(const UnitParameters& unit) const;
  bool complete(const UnitParameters& unit) const;

 private:
  std::bitset<kNumFormats * kNumSplits * 2> modes_;                  // format x split x output type
  std::bitset<kNumFormats * kNumFormats> changes_;                   // from format to format
  std::array<std::array<std::bitset<256>, 64>, kNumFormats> codes_;  // code on lane
  std::bitset<8> errors_;
  std::bitset<static_cast<std::size_t>(StreamEvent::kCount)> events_;
  std::bitset<10> results_;  // class of the result: zero, subnormal, normal, infinity, NaN; of either type
};

}  // namespace fp6sim::rtl
