#include "sim/description/unit_cost.h"

#include <string>
#include <vector>

#include "emu/error.h"
#include "emu/json/reader.h"
#include "emu/names.h"
#include "sim/data_files.h"

namespace fp6sim::sim {

UnitCost unit_cost(std::string_view name) {
  const json::Document document = json::read_file(data_root() / "rtl" / "units.json");
  json::Object file = document.object();
  for (const auto* key : {"version", "library"}) file.find(key);  // described in docs/rtl.md; not needed here
  std::vector<std::string> known;
  UnitCost cost;
  bool found = false;
  for (const json::Value& value : file.array("units")) {
    json::Object unit = value.as_object();
    known.push_back(unit.string("name"));
    for (const auto* key : {"description", "module", "formats", "lanes", "gate_equivalents", "flip_flops",
                            "delay_ps", "delay_fo4", "gate_equivalents_per_lane", "energy_pj_per_weight"}) {
      unit.find(key);
    }
    if (known.back() == name) {
      cost = {unit.number("gate_equivalents_per_lane", 0, 1e6), unit.number("energy_pj_per_weight", 0, 1e3),
              static_cast<int>(unit.number("depth", 0, 100))};
      found = true;
    }
    unit.find("depth");
    unit.finish();
  }
  file.finish();
  if (!found) throw Error(unknown_name_message("unit of rtl/units.json", name, known));
  return cost;
}

}  // namespace fp6sim::sim
