// Where Eigen is missing there is no GPTQ.
#include "emu/error.h"
#include "emu/lm/calibrate.h"

namespace fp6sim::lm {

QuantizeLinear calibrate_gptq(const Model&, const Sequences&, const std::vector<FormatChoice>&) {
  throw Error("method gptq: this build has no GPTQ; install Eigen (libeigen3-dev) and configure again");
}

}  // namespace fp6sim::lm
