// Where Highway is missing: the reference takes the place of SIMD.
#include <algorithm>

#include "emu/lm/vector_math_simd.h"

namespace fp6sim::lm::simd {

std::size_t panel_rows(std::size_t) {
  return 8;
}

void multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride) {
  reference::multiply(x, x_stride, tokens, w, y, y_stride);
}

float maximum(const float* x, std::size_t count) {
  return *std::max_element(x, x + count);
}

void exponentials(const float* x, std::size_t count, float largest, float* out, float* partial) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = reference::exponential(x[i] - largest);
    partial[i % 16] += out[i];
  }
}

void silu_multiply(float* gate, const float* up, std::size_t count) {
  reference::silu_multiply(gate, up, count);
}

}  // namespace fp6sim::lm::simd
