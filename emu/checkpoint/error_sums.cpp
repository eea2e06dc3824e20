#include "emu/checkpoint/error_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fp6sim::checkpoint {
namespace {

constexpr std::size_t kLanes = 16, kRun = 16 * kLanes;

}  // namespace

void ErrorSums::add(const ErrorSums& other) {
  signal += other.signal;
  noise += other.noise;
  largest = std::max(largest, other.largest);
}

void add_run_scalar(const float* weights, const float* values, std::size_t count, float* signal, float* noise,
                    float* largest) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t lane = i % kLanes;
    if (!(std::fabs(weights[i]) <= std::numeric_limits<float>::max())) continue;
    const float error = std::fabs(weights[i] - values[i]);
    signal[lane] += weights[i] * weights[i];
    noise[lane] += error * error;
    largest[lane] = std::max(largest[lane], error);
  }
}

ErrorSums error_sums(std::span<const float> weights, std::span<const float> values) {
  ErrorSums total;
  for (std::size_t begin = 0; begin < weights.size(); begin += kRun) {
    const std::size_t count = std::min(kRun, weights.size() - begin), whole = count / kLanes * kLanes;
    float signal[kLanes] = {}, noise[kLanes] = {}, largest[kLanes] = {};
    add_run(weights.data() + begin, values.data() + begin, whole, signal, noise, largest);
    add_run_scalar(weights.data() + begin + whole, values.data() + begin + whole, count - whole, signal,
                   noise, largest);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      total.add({static_cast<double>(signal[lane]), static_cast<double>(noise[lane]),
                 static_cast<double>(largest[lane])});
    }
  }
  return total;
}

}  // namespace fp6sim::checkpoint
