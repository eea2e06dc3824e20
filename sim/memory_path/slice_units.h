// A design's dequantisation units at the L2 slices: on what leaves a slice (l2), or on what enters it
// (memctrl).
#pragma once

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
    for (std::size_t i = 0; i < slices; ++i) units_.push_back(use.make(use.parameters));
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
  Passed pass(const Transaction& t, Time from) {
    const double weights = t.bytes * static_cast<double>(t.crossbar_factor) / 2;
    const auto beats = static_cast<std::int64_t>(std::ceil(weights / use_.parameters.lanes));
    const Burst burst{beats, 1, use_.out_every};
    const BurstCycles cycles = units_[t.slice]->push(burst, (from + clock_.period - 1) / clock_.period);
    const Time transit = clock_.cycles(use_.transit_cycles);
    return {cycles.first_out * clock_.period + transit, (cycles.last_out + 1) * clock_.period + transit};
  }

  UnitUse use_;
  Clock clock_;
  std::vector<std::unique_ptr<DequantStage>> units_;
};

}  // namespace fp6sim::sim
