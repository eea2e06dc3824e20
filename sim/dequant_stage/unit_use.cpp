#include "sim/dequant_stage/unit_use.h"

#include <algorithm>
#include <cmath>

#include "emu/error.h"
#include "sim/dequant_stage/timing_stage.h"

namespace fp6sim::sim {
namespace {

constexpr double kResultBytes = 2;

/// Cycles between results that a port of `port_bytes` can take from `lanes`.
int cycles_a_result(int lanes, double port_bytes) {
  return std::max(1, static_cast<int>(std::ceil(lanes * kResultBytes / port_bytes)));
}

}  // namespace

UnitUse use_unit(const DesignDescription& design, const DequantStageFactory& rtl_unit,
                 const TileWeights& weights, double shared_port_bytes, double slice_port_bytes) {
  UnitUse use;
  use.placement = design.placement;
  if (design.lanes <= 0) return use;
  if (design.model == UnitModel::kTiming) {
    use.make = [](const StageParameters& parameters) { return std::make_unique<TimingStage>(parameters); };
  } else if (rtl_unit) {
    use.make = rtl_unit;
  } else {
    throw Error("design '" + design.name +
                "' asks for the RTL unit (\"model\": \"rtl\"), which this program was built without: install "
                "Verilator and configure again, or choose \"timing\"");
  }
  const bool one_a_slice = design.placement == Placement::kL2 || design.placement == Placement::kMemctrl;
  const int lanes = static_cast<int>(design.lanes);
  use.parameters = {.lanes = lanes * (one_a_slice ? 1 : design.units_per_sm), .depth = design.depth};
  use.make(use.parameters);  // refused here rather than in the middle of a run
  use.latency_cycles = std::max<double>(design.latency_cycles, design.depth);
  use.transit_cycles = use.latency_cycles - design.depth;
  if (design.placement == Placement::kL2) use.out_every = cycles_a_result(lanes, slice_port_bytes);
  if (one_a_slice) return use;

  // A beat spans columns of one row a unit, as many as share a scale; a wider unit takes several scales a
  // beat.
  const std::int64_t run =
      weights.group > 0 ? std::min<std::int64_t>(weights.group, weights.columns) : weights.columns;
  use.tile.group_beats = std::clamp<std::int64_t>(run / lanes, 1, 65535);
  use.tile.beats = (weights.rows * weights.columns - 1) / use.parameters.lanes + 1;
  if (design.placement == Placement::kCopy)
    use.tile.out_every = cycles_a_result(use.parameters.lanes, shared_port_bytes);
  return use;
}

}  // namespace fp6sim::sim
