// What a synthesised unit of rtl/ costs, as the area and energy axes of a design read it.
#pragma once

#include <string_view>

namespace fp6sim::sim {

/// One lane of a unit, at the level rtl/units.json states (45 nm class, no wires routed).
struct UnitCost {
  double gate_equivalents_per_lane = 0;  ///< NAND2 equivalents
  double energy_pj_per_weight = 0;
  int depth = 0;  ///< registers a beat passes
};

/// The row of rtl/units.json of that name. Throws fp6sim::Error suggesting the nearest name, and where the
/// unit has no energy (tables and gearboxes are not weighed for it).
UnitCost unit_cost(std::string_view name);

}  // namespace fp6sim::sim
