// Where Highway is missing.
#include "emu/checkpoint/error_sums.h"

namespace fp6sim::checkpoint {

void add_run(const float* weights, const float* values, std::size_t count, float* signal, float* noise,
             float* largest) {
  add_run_scalar(weights, values, count, signal, noise, largest);
}

}  // namespace fp6sim::checkpoint
