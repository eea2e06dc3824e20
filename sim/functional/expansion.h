// Packed weights to FP16 where the design puts it: instructions on the lanes, a unit, or the tensor core's
// own operand stage. The same values each way; what differs is whose arithmetic makes them.
#pragma once

#include <memory>

#include "sim/dequant_stage/unit_use.h"

namespace fp6sim::sim {

class Expansion {
 public:
  explicit Expansion(const UnitUse& use);

  /// As DequantStage::dequantise(), to binary16. A unit takes the formats it names; lanes take any of emu's
  /// of at most 8 bits.
  void expand(const WeightBits& weights, std::span<std::uint16_t> out);

 private:
  std::unique_ptr<DequantStage> unit_;  // null: the design has none
};

}  // namespace fp6sim::sim
