#include "sim/description/design_description.h"

#include <algorithm>
#include <array>

#include "sim/data_files.h"
#include "sim/description/numbers.h"
#include "sim/description/unit_cost.h"

namespace fp6sim::sim {

DesignDescription read_design(const json::Document& document) {
  static constexpr std::array<std::string_view, 7> kPlacements{"simt", "operand", "smem",  "copy",
                                                               "l2",   "memctrl", "native"};
  json::Object object = document.object();
  DesignDescription design;
  design.name = object.get("name").as_name();
  design.description = object.get("description").as_name();
  const std::string placement = object.get("placement").as_one_of(kPlacements);
  design.placement = static_cast<Placement>(std::find(kPlacements.begin(), kPlacements.end(), placement) -
                                            kPlacements.begin());
  if (design.placement != Placement::kSimt && design.placement != Placement::kNative) {
    design.lanes = sourced_number(object, "lanes", 1, 4096);
    design.units_per_sm = static_cast<int>(sourced_number(object, "units_per_sm", 1, 64));
    design.latency_cycles = sourced_number(object, "latency_cycles", 0, 1000);
    if (const auto model = object.find("model")) {
      static constexpr std::array<std::string_view, 2> kModels{"timing", "rtl"};
      design.model = model->as_one_of(kModels) == "rtl" ? UnitModel::kRtl : UnitModel::kTiming;
    }
    double depth = design.latency_cycles;  // where no unit is named: all of it, as far as units go
    if (const auto unit = object.find("unit")) {
      const UnitCost cost = unit_cost(unit->as_name());
      design.area_um2 =
          cost.gate_equivalents_per_lane * design.lanes * sourced_number(object, "nand2_um2", 0, 100);
      design.energy_pj_per_weight = cost.energy_pj_per_weight;
      depth = std::min<double>(depth, cost.depth);
    } else {
      design.area_um2 = sourced_number_or(object, "area_um2", 0, 1e9, 0);
      design.energy_pj_per_weight = sourced_number(object, "energy_pj_per_weight", 0, 1000);
    }
    design.depth = static_cast<int>(std::clamp(depth, 1.0, 4.0));
  }
  object.finish();
  return design;
}

DesignDescription load_design(std::string_view name_or_path) {
  return read_design(json::read_file(description_file(kDesignFolder, name_or_path)));
}

std::vector<std::string> design_names() {
  return description_names(kDesignFolder);
}

}  // namespace fp6sim::sim
