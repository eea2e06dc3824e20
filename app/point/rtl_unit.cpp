#include "app/point/rtl_unit.h"

#ifdef FP6SIM_APP_RTL_UNIT
#include "app/rtl/verilated_stage.h"
#endif

namespace fp6sim::app {

sim::DequantStageFactory rtl_unit() {
#ifdef FP6SIM_APP_RTL_UNIT
  return rtl::make_verilated_stage;
#else
  return {};
#endif
}

}  // namespace fp6sim::app
