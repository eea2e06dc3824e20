// A design's dequantisation units at the L2 slices: on what leaves a slice (l2), or on what enters it
// (memctrl).
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "sim/dequant_stage/unit_use.h"
#include "sim/memory_path/time.h"
#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

class SliceUnits {
 public:
  /// When the first of a transaction's weights leaves the unit, and when the last has left.
  struct Passed {
    Time first, last;
  };

  void place(const UnitUse& use, std::size_t slices, const Clock& clock) {
    use_ = use;
    clock_ = clock;
    units_.clear();
    for (std::size_t i = 0; i < slices; ++i) units_.push_back({use.make(use.parameters), {}, 0});
  }

  /// Does it pass a unit between slice and crossbar?
  bool at_exit(const Transaction& t) const { return use_.at_slices() && !t.write && t.crossbar_factor > 1; }
  /// On its way there, ready at `from`; at_exit() holds.
  Passed leaving(const Transaction& t, Time from) { return pass(t, from); }
  /// On its way from DRAM into the slice.
  Passed entering(const Transaction& t, Time from) {
    return use_.at_fills() && t.crossbar_factor > 1 ? pass(t, from) : Passed{from, from};
  }

 private:
  // crossbar_factor is 16 bits over those stored. Where the bits of a weight lie in two arrays, each array's
  // transactions count for its share of the weights.
  //
  // Lanes that a transaction leaves free in its last beat take the next one's weights if that is there before
  // the beat enters: how a stream is cut into transactions then changes nothing.
  Passed pass(const Transaction& t, Time from) {
    Unit& unit = units_[t.slice];
    const std::int64_t cycle = (from + clock_.period - 1) / clock_.period;
    if (cycle > unit.last.last_in) unit.free_lanes = 0;
    const bool joins = unit.free_lanes > 0;
    const double weights = t.bytes * static_cast<double>(t.crossbar_factor) / 2 - unit.free_lanes;
    const auto beats = static_cast<std::int64_t>(std::ceil(std::max(0.0, weights) / use_.parameters.lanes));
    unit.free_lanes = static_cast<double>(beats * use_.parameters.lanes) - weights;
    std::int64_t first = unit.last.last_out;
    if (beats > 0) {
      unit.last = unit.stage->push({beats, 1, use_.out_every}, cycle);
      if (!joins) first = unit.last.first_out;
    }
    const Time transit = clock_.cycles(use_.transit_cycles);
    return {first * clock_.period + transit, (unit.last.last_out + 1) * clock_.period + transit};
  }

  struct Unit {
    std::unique_ptr<DequantStage> stage;
    BurstCycles last;       // of the burst before
    double free_lanes = 0;  // in its last beat
  };
  UnitUse use_;
  Clock clock_;
  std::vector<Unit> units_;
};

}  // namespace fp6sim::sim
