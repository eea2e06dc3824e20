// Signal and noise of quantised weights, at memory speed.
#pragma once

#include <cstddef>
#include <span>

namespace fp6sim::checkpoint {

/// Sums over finite weights w with dequantised values v.
struct ErrorSums {
  double signal = 0;   ///< w^2
  double noise = 0;    ///< (w - v)^2
  double largest = 0;  ///< max |w - v|

  void add(const ErrorSums& other);
};

/// Runs of 256 in sixteen binary32 lanes, added up in double: the same bits with and without SIMD.
ErrorSums error_sums(std::span<const float> weights, std::span<const float> values);

/// One run of whole lanes: signal, noise and largest have 16 elements, the first two are added to. `count` is
/// a multiple of 16.
void add_run(const float* weights, const float* values, std::size_t count, float* signal, float* noise,
             float* largest);
/// The same in plain C++.
void add_run_scalar(const float* weights, const float* values, std::size_t count, float* signal, float* noise,
                    float* largest);

}  // namespace fp6sim::checkpoint
