// The few dense operations a language model needs, in one fixed order of additions: the same bits on every
// machine, whatever its vector width, and on any number of threads.
#pragma once

#include <cstddef>
#include <vector>

namespace fp6sim::lm {

/// A matrix W[rows, columns] rearranged for multiply(): panels of `panel()` rows, each [columns, panel()].
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// Element (r, c) is read at source[r * row_stride + c * column_stride].
  PackedMatrix(const float* source, std::size_t rows, std::size_t columns, std::size_t row_stride,
               std::size_t column_stride) {
    assign(source, rows, columns, row_stride, column_stride);
  }
  void assign(const float* source, std::size_t rows, std::size_t columns, std::size_t row_stride,
              std::size_t column_stride);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t panel() const { return panel_; }
  const float* panels() const { return panels_.data(); }

 private:
  std::size_t rows_ = 0, columns_ = 0, panel_ = 0;
  std::vector<float> panels_;  // the last panel padded with zeros
};

/// y[t * y_stride + r] = sum over c of x[t * x_stride + c] * W(r, c), c ascending from +0, product and sum
/// each rounded to binary32 (no fused multiply-add).
void multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride);

/// x[i] = exp(x[i] - maximum) / sum. The sum is of 16 interleaved partial sums, added pairwise.
void softmax(float* x, std::size_t count);

/// max and log(sum exp(x - max)) + max of a row; `exponentials` receives exp(x - max).
double log_sum_exp(const float* x, std::size_t count, float* exponentials);

/// gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i]
void silu_multiply(float* gate, const float* up, std::size_t count);

// The same in plain C++, which SIMD must equal bit for bit.
namespace reference {
void multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride);
void softmax(float* x, std::size_t count);
void silu_multiply(float* gate, const float* up, std::size_t count);
float exponential(float x);  ///< within 2 units in the last place of exp, for |x| <= 87; clamped beyond
}  // namespace reference

}  // namespace fp6sim::lm
