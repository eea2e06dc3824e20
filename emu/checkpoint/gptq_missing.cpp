// Where Eigen is missing there is no GPTQ.
#include "emu/checkpoint/gptq_method.h"
#include "emu/error.h"

namespace fp6sim::checkpoint {

QuantizeMatrix gptq_method(const emu::QuantizeSpec&, const std::string&) {
  throw Error("method gptq: this build has no GPTQ; install Eigen (libeigen3-dev) and configure again");
}

}  // namespace fp6sim::checkpoint
