// A memory-path design: where six bits become sixteen, and with what hardware. sim/designs/<name>.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emu/json/reader.h"

namespace fp6sim::sim {

/// Where the weight is expanded, from the instructions of today's GPUs up to a tensor core that takes six
/// bits.
enum class Placement : std::uint8_t {
  kSimt,     ///< instructions on the SM's lanes
  kOperand,  ///< a unit between register file and tensor core
  kSmem,     ///< at the shared-memory read port
  kCopy,     ///< in the asynchronous copy engine: shared memory holds FP16
  kL2,       ///< at the L2 slice's output: FP16 through the crossbar
  kMemctrl,  ///< between DRAM and L2: FP16 in the cache as well
  kNative,   ///< the tensor core takes the code
};

/// What stands for the unit in a run.
enum class UnitModel : std::uint8_t {
  kTiming,  ///< C++ (sim/dequant_stage/timing_stage.h)
  kRtl,     ///< the Verilated SystemVerilog, where the program brings it (RunOptions::rtl_unit)
};

/// Area and energy come from a synthesised unit ("unit": a name of rtl/units.json, with "nand2_um2") or are
/// given
/// ("area_um2", "energy_pj_per_weight").
struct DesignDescription {
  std::string name;
  std::string description;
  Placement placement = Placement::kSimt;
  double lanes = 0;           ///< weights a unit expands per cycle (simt, native: 0)
  int units_per_sm = 0;       ///< operand, smem, copy
  double latency_cycles = 0;  ///< registers to, in and from a unit: added to a tile's first result
  int depth = 1;              ///< of those, the unit's own: 1 .. 4
  UnitModel model = UnitModel::kTiming;
  double area_um2 = 0;  ///< one unit; 0 where it is not known
  double energy_pj_per_weight = 0;
};

DesignDescription load_design(std::string_view name_or_path);
/// The same from a document: a description with some of its values replaced.
DesignDescription read_design(const json::Document& document);
std::vector<std::string> design_names();

}  // namespace fp6sim::sim
