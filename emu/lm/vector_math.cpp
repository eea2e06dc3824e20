#include "emu/lm/vector_math.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "emu/lm/exponential.h"
#include "emu/lm/vector_math_simd.h"

namespace fp6sim::lm {
namespace {

constexpr std::size_t kPartialSums = 16;

// ((p0 + p8) + ..): halves added to halves, whatever width computed them.
float sum_of(std::array<float, kPartialSums> partial) {
  for (std::size_t width = kPartialSums / 2; width > 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) partial[i] += partial[i + width];
  }
  return partial[0];
}

float silu_times(float gate, float up) {
  return gate / (1.0f + reference::exponential(-gate)) * up;
}

/// out[i] = exp(x[i] - largest), added up in `partial`; returns the largest.
float exponentials_of(const float* x, std::size_t count, float* out, float* partial) {
  const std::size_t whole = count / kPartialSums * kPartialSums;
  float largest = whole == 0 ? x[0] : simd::maximum(x, whole);
  for (std::size_t i = whole; i < count; ++i) largest = std::max(largest, x[i]);
  simd::exponentials(x, whole, largest, out, partial);
  if (whole < count) {
    // What pads the last vector adds exp(-87) to partial sums whose total is at least 1: not one bit changes.
    std::array<float, kPartialSums> tail;
    tail.fill(largest - 2 * exponential_constants::kLargest);
    std::copy(x + whole, x + count, tail.begin());
    simd::exponentials(tail.data(), kPartialSums, largest, tail.data(), partial);
    std::copy_n(tail.begin(), count - whole, out + whole);
  }
  return largest;
}

}  // namespace

namespace reference {

float exponential(float x) {
  namespace c = exponential_constants;
  x = std::min(std::max(x, -c::kLargest), c::kLargest);
  const float shifted = x * c::kLog2E + c::kRound;
  const float n = shifted - c::kRound;
  const float r = (x - n * c::kLn2High) - n * c::kLn2Low;
  float sum = c::kTaylor[0];
  for (std::size_t k = 1; k < std::size(c::kTaylor); ++k) sum = sum * r + c::kTaylor[k];
  const std::uint32_t exponent = std::bit_cast<std::uint32_t>(shifted)
                                 << 23;  // n, modulo what the shift drops
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(sum) + exponent);
}

void multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride) {
  const std::size_t panel = w.panel();
  for (std::size_t t = 0; t < tokens; ++t) {
    for (std::size_t r = 0; r < w.rows(); ++r) {
      const float* column = w.panels() + r / panel * panel * w.columns() + r % panel;
      float sum = 0;
      for (std::size_t c = 0; c < w.columns(); ++c) sum += x[t * x_stride + c] * column[c * panel];
      y[t * y_stride + r] = sum;
    }
  }
}

void softmax(float* x, std::size_t count) {
  const float largest = *std::max_element(x, x + count);
  std::array<float, kPartialSums> partial{};
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = exponential(x[i] - largest);
    partial[i % kPartialSums] += x[i];
  }
  const float scale = 1.0f / sum_of(partial);
  for (std::size_t i = 0; i < count; ++i) x[i] *= scale;
}

void silu_multiply(float* gate, const float* up, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) gate[i] = silu_times(gate[i], up[i]);
}

}  // namespace reference

void PackedMatrix::assign(const float* source, std::size_t rows, std::size_t columns, std::size_t row_stride,
                          std::size_t column_stride) {
  rows_ = rows;
  columns_ = columns;
  panel_ = simd::panel_rows(rows);
  const std::size_t panels = (rows + panel_ - 1) / panel_;
  panels_.resize(panels * panel_ * columns);
  for (std::size_t p = 0; p < panels; ++p) {
    float* out = panels_.data() + p * panel_ * columns;
    const std::size_t present = std::min(panel_, rows - p * panel_);
    const float* in = source + p * panel_ * row_stride;
    for (std::size_t c = 0; c < columns; ++c, out += panel_) {
      for (std::size_t r = 0; r < present; ++r) out[r] = in[r * row_stride + c * column_stride];
      for (std::size_t r = present; r < panel_; ++r) out[r] = 0;
    }
  }
}

void multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride) {
  simd::multiply(x, x_stride, tokens, w, y, y_stride);
}

void softmax(float* x, std::size_t count) {
  std::array<float, kPartialSums> partial{};
  exponentials_of(x, count, x, partial.data());
  const float scale = 1.0f / sum_of(partial);
  for (std::size_t i = 0; i < count; ++i) x[i] *= scale;
}

double log_sum_exp(const float* x, std::size_t count, float* exponentials) {
  std::array<float, kPartialSums> unused{};
  const float largest = exponentials_of(x, count, exponentials, unused.data());
  std::array<double, 8> partial{};
  for (std::size_t i = 0; i < count; ++i) partial[i % 8] += static_cast<double>(exponentials[i]);
  double sum = 0;
  for (const double p : partial) sum += p;
  return static_cast<double>(largest) + std::log(sum);
}

void silu_multiply(float* gate, const float* up, std::size_t count) {
  const std::size_t whole = count / kPartialSums * kPartialSums;
  simd::silu_multiply(gate, up, whole);
  for (std::size_t i = whole; i < count; ++i) gate[i] = silu_times(gate[i], up[i]);
}

}  // namespace fp6sim::lm
