#include "emu/gptq/gptq.h"

#include <Eigen/Dense>
#include <algorithm>
#include <numeric>
#include <string>

#include "emu/error.h"
#include "emu/parallel.h"

namespace fp6sim::emu {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Rows quantised together: fixed, so that no thread count changes a sum.
constexpr std::size_t kRowsAtOnce = 16;

Index index(std::size_t i) {
  return static_cast<Index>(i);
}

void check(std::span<const float> weights, std::size_t rows, std::size_t columns,
           const CalibrationHessian& hessian, const GptqSpec& spec, std::string_view tensor) {
  QuantizeSpec strict = spec.quantize;
  strict.non_finite = NonFinite::kError;
  check_quantizable(weights, rows, columns, strict, tensor);
  const std::string what(tensor);
  if (hessian.columns() != columns) {
    throw Error(what + " has " + std::to_string(columns) + " columns, its calibration " +
                std::to_string(hessian.columns()));
  }
  if (hessian.tokens() == 0)
    throw Error("no calibration activations for " + what + ": GPTQ needs at least one token");
  if (!(spec.damping >= 0 && spec.damping <= 1)) {
    throw Error("GPTQ damping " + std::to_string(spec.damping) + " is outside 0..1");
  }
  if (spec.block == 0) throw Error("GPTQ block of 0 columns: at least 1 is accepted");
}

// The order columns are rounded in: original columns by place.
std::vector<std::size_t> column_order(const MatrixXd& hessian, bool act_order) {
  std::vector<std::size_t> order(static_cast<std::size_t>(hessian.cols()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (act_order) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return hessian(index(a), index(a)) > hessian(index(b), index(b));
    });
  }
  return order;
}

// The lower-triangular transpose of U, where U is upper and U^T U the inverse of H with its rows and columns
// in `order`. H = R R^T with R upper gives U = R^-1; R is the Cholesky factor of H taken backwards.
struct InverseFactor {
  MatrixXd lower;
  double damping;
};

InverseFactor inverse_factor(const MatrixXd& hessian, const std::vector<std::size_t>& order, double damping) {
  const Index n = hessian.cols();
  MatrixXd backwards(n, n);
  for (Index j = 0; j < n; ++j) {
    const Index from = index(order[static_cast<std::size_t>(n - 1 - j)]);
    for (Index i = j; i < n; ++i) {
      const Index row = index(order[static_cast<std::size_t>(n - 1 - i)]);
      backwards(i, j) = row >= from ? hessian(row, from) : hessian(from, row);
    }
  }
  // Inputs that never occur have an all-zero row: any diagonal makes their column stand alone.
  const VectorXd diagonal = backwards.diagonal();
  const double mean = diagonal.mean() > 0 ? diagonal.mean() : 1.0;
  for (double d = damping; d <= 1.0; d = std::max(10 * d, 1e-4)) {
    for (Index i = 0; i < n; ++i) backwards(i, i) = (diagonal(i) > 0 ? diagonal(i) : mean) + d * mean;
    const Eigen::LLT<MatrixXd, Eigen::Lower> factor(backwards);
    if (factor.info() != Eigen::Success) continue;
    const MatrixXd forwards = factor.matrixL().toDenseMatrix().reverse();  // R, upper
    const double smallest = forwards.diagonal().cwiseAbs().minCoeff();
    if (!(smallest * smallest > 1e-13 * mean)) continue;  // rounding alone kept it positive
    const MatrixXd inverse = forwards.triangularView<Eigen::Upper>().solve(MatrixXd::Identity(n, n));
    return {inverse.transpose(), d};
  }
  throw Error("the calibration Hessian (" + std::to_string(n) +
              " columns) is not positive definite even with damping 1: use more calibration text");
}

// One chunk of rows, from original weights to codes and scales.
class RowChunk {
 public:
  RowChunk(std::span<const float> weights, std::size_t first, std::size_t rows,
           const std::vector<std::size_t>& order, const GptqSpec& spec, QuantizedMatrix& out)
      : original_(weights), first_(first), rows_(rows), order_(order), spec_(spec), out_(out) {
    columns_ = out.columns;
    current_.resize(index(rows), index(columns_));
    for (std::size_t j = 0; j < columns_; ++j) {
      for (std::size_t r = 0; r < rows; ++r) {
        current_(index(r), index(j)) = static_cast<double>(weights[(first + r) * columns_ + order[j]]);
      }
    }
    scales_.resize(rows * out.groups());
    if (scales_from_originals()) {
      for (std::size_t g = 0; g < out.groups(); ++g) choose_scales(g);
    }
  }

  void quantize(const MatrixXd& factor) {
    const Index n = index(columns_);
    for (std::size_t start = 0; start < columns_;) {
      const std::size_t end = block_end(start);
      if (!scales_from_originals() && start % out_.group_columns() == 0)
        choose_scales(start / out_.group_columns());
      const Index from = index(start);
      const Index width = index(end - start);
      MatrixXd errors(index(rows_), width);
      for (Index j = from; j < from + width; ++j) {
        errors.col(j - from) = round_column(static_cast<std::size_t>(j)) / factor(j, j);
        const Index left = from + width - j - 1;
        current_.middleCols(j + 1, left).noalias() -=
            errors.col(j - from) * factor.col(j).segment(j + 1, left).transpose();
      }
      const Index rest = n - from - width;
      current_.rightCols(rest).noalias() -=
          errors * factor.block(from + width, from, rest, width).transpose();
      start = end;
    }
  }

 private:
  bool scales_from_originals() const { return spec_.act_order || out_.groups() == 1; }

  // Blocks end where groups do, so that a group's scale sees every correction made before it.
  std::size_t block_end(std::size_t start) const {
    const std::size_t end = std::min(start + spec_.block, columns_);
    if (scales_from_originals()) return end;
    const std::size_t group = out_.group_columns();
    return std::min(end, (start / group + 1) * group);
  }

  void choose_scales(std::size_t g) {
    const std::size_t width = out_.group_columns();
    std::vector<float> group(width);
    for (std::size_t r = 0; r < rows_; ++r) {
      for (std::size_t i = 0; i < width; ++i) {
        const std::size_t j = g * width + i;
        group[i] = scales_from_originals() ? original_[(first_ + r) * columns_ + j]
                                           : static_cast<float>(current_(index(r), index(j)));
      }
      const GroupScale scale = choose_scale(group, spec_.quantize);
      scales_[r * out_.groups() + g] = scale;
      const std::size_t at = (first_ + r) * out_.groups() + g;
      if (!out_.scales.empty()) out_.scales[at] = scale.stored;
      if (!out_.zeros.empty()) out_.zeros[at] = static_cast<std::uint8_t>(scale.zero);
    }
  }

  // Writes the codes of the column at place j; returns what rounding took away.
  VectorXd round_column(std::size_t j) {
    const std::size_t column = order_[j];
    VectorXd lost(index(rows_));
    for (std::size_t r = 0; r < rows_; ++r) {
      const GroupScale& scale = scales_[r * out_.groups() + column / out_.group_columns()];
      const std::size_t at = (first_ + r) * columns_ + column;
      const double weight = current_(index(r), index(j));
      const std::uint8_t code = quantize_one(static_cast<float>(weight), scale, spec_.quantize, at);
      out_.codes[at] = code;
      const float back = code_value(spec_.quantize, code, scale.zero) * scale.stored;
      lost(index(r)) = weight - static_cast<double>(back);
    }
    return lost;
  }

  std::span<const float> original_;
  std::size_t first_;
  std::size_t rows_;
  std::size_t columns_;
  const std::vector<std::size_t>& order_;
  const GptqSpec& spec_;
  QuantizedMatrix& out_;
  MatrixXd current_;  // [rows, columns in order], corrected as columns are rounded
  std::vector<GroupScale> scales_;
};

}  // namespace

GptqResult gptq(std::span<const float> weights, std::size_t rows, std::size_t columns,
                const CalibrationHessian& hessian, const GptqSpec& spec, std::string_view tensor) {
  check(weights, rows, columns, hessian, spec, tensor);
  GptqResult result{{rows, columns, spec.quantize, {}, {}, {}}, 0};
  QuantizedMatrix& matrix = result.matrix;
  matrix.codes.resize(weights.size());
  if (spec.quantize.scaled) matrix.scales.resize(rows * matrix.groups());
  if (spec.quantize.zero_point) matrix.zeros.resize(rows * matrix.groups());

  const MatrixXd lower = Eigen::Map<const MatrixXd>(hessian.lower().data(), index(columns), index(columns)) /
                         static_cast<double>(hessian.tokens());
  const auto order = column_order(lower, spec.act_order);
  const InverseFactor factor = inverse_factor(lower, order, spec.damping);
  result.damping = factor.damping;
  parallel_for(rows, kRowsAtOnce, [&](std::size_t begin, std::size_t end) {
    RowChunk(weights, begin, end - begin, order, spec, matrix).quantize(factor.lower);
  });
  return result;
}

}  // namespace fp6sim::emu
