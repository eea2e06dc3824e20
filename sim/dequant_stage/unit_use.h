// How a launch uses its design's unit: where it is, how it is made, and what a tile is to it.
#pragma once

#include "sim/dequant_stage/dequant_stage.h"
#include "sim/description/design_description.h"

namespace fp6sim::sim {

/// Part of a launch's plan. No unit (simt, native, a launch without weights): `make` is empty.
struct UnitUse {
  Placement placement = Placement::kSimt;
  DequantStageFactory make;
  StageParameters parameters;  ///< of all units an SM, or a slice, has
  double latency_cycles = 0;   ///< registers to, in and from the unit
  double transit_cycles = 0;   ///< of those, outside it
  Burst tile;                  ///< operand, smem, copy: one pipeline stage's weights
  int out_every = 1;           ///< l2: the slice's port takes a result in every so manieth cycle

  bool at_operands() const {  ///< works while a tile is computed
    return make && (placement == Placement::kOperand || placement == Placement::kSmem);
  }
  bool at_copies() const { return make && placement == Placement::kCopy; }
  bool at_slices() const { return make && placement == Placement::kL2; }
  bool at_fills() const { return make && placement == Placement::kMemctrl; }
};

/// The weights of a pipeline stage as their design's unit meets them.
struct TileWeights {
  std::int64_t rows = 0, columns = 0;
  int group = 0;  ///< columns that share a scale; 0 and below: all of a row
};

/// Throws fp6sim::Error where the design asks for the RTL and `rtl_unit` is empty or has no such unit.
/// `shared_port_bytes`, `slice_port_bytes`: what the ports that take a unit's results accept a cycle.
UnitUse use_unit(const DesignDescription& design, const DequantStageFactory& rtl_unit,
                 const TileWeights& weights, double shared_port_bytes, double slice_port_bytes);

}  // namespace fp6sim::sim
