#include "rtl/model/dequant_unit.h"

#include <verilated_fst_c.h>

#include <array>
#include <fstream>

#include "UnitL1D1.h"
#include "UnitL32D2.h"
#include "UnitL4D4.h"
#include "UnitL64D3.h"
#include "UnitWave.h"
#include "rtl/model/verilated_unit.h"

namespace fp6sim::rtl {
namespace {

template <class Top>
class FstWave {
 public:
  ~FstWave() {
    if (file_.isOpen()) file_.close();
  }
  bool open(Top& top, const std::string& path) {
    if (!std::ofstream(path).good()) return false;
    top.contextp()->traceEverOn(true);
    top.trace(&file_, 99);
    file_.open(path.c_str());
    return file_.isOpen();
  }
  void dump(std::uint64_t time) {
    if (file_.isOpen()) file_.dump(time);
  }

 private:
  VerilatedFstC file_;
};

constexpr std::array kModels{
    UnitParameters{"l32d2", 32, 2, 1, false},     UnitParameters{"l1d1", 1, 1, 1, false},
    UnitParameters{"l4d4", 4, 4, 1, false},       UnitParameters{"l64d3s2", 64, 3, 2, false},
    UnitParameters{"l16d2-wave", 16, 2, 1, true},
};

}  // namespace

std::span<const UnitParameters> unit_models() {
  return kModels;
}

std::unique_ptr<DequantUnit> make_unit(std::string_view name) {
  if (name == kModels[0].name)
    return std::make_unique<VerilatedUnit<UnitL32D2, Inputs::kSampled>>(kModels[0]);
  if (name == kModels[1].name) return std::make_unique<VerilatedUnit<UnitL1D1, Inputs::kSampled>>(kModels[1]);
  if (name == kModels[2].name) return std::make_unique<VerilatedUnit<UnitL4D4, Inputs::kSampled>>(kModels[2]);
  if (name == kModels[3].name)
    return std::make_unique<VerilatedUnit<UnitL64D3, Inputs::kSampled>>(kModels[3]);
  if (name == kModels[4].name)
    return std::make_unique<VerilatedUnit<UnitWave, Inputs::kDirect, FstWave>>(kModels[4]);
  return nullptr;
}

}  // namespace fp6sim::rtl
