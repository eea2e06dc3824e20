// A build without Highway: every caller takes the scalar reference.
#include "emu/mma/panel_kernel.h"

namespace fp6sim::emu {

const PanelKernel* panel_kernel() {
  return nullptr;
}

}  // namespace fp6sim::emu
