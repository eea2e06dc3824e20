// The vectorised parts of vector_math.h. Counts are multiples of 16.
#pragma once

#include <cstddef>

#include "emu/lm/vector_math.h"

namespace fp6sim::lm::simd {

/// Rows in a panel of a matrix of `rows` rows: 8 for the narrow ones of attention, else two vectors.
std::size_t panel_rows(std::size_t rows);

void multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride);
float maximum(const float* x, std::size_t count);
/// out[i] = exp(x[i] - largest); partial[i % 16] += out[i]. `out` may be `x`.
void exponentials(const float* x, std::size_t count, float largest, float* out, float* partial);
void silu_multiply(float* gate, const float* up, std::size_t count);

}  // namespace fp6sim::lm::simd
