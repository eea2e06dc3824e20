#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <string>

#include "emu/dequantize.h"
#include "emu/error.h"
#include "emu/gptq/gptq.h"
#include "emu/parallel.h"

namespace fp6sim::emu {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::size_t kTokensAtOnce = 2048;
constexpr std::size_t kColumnsAtOnce = 64;

Eigen::Index index(std::size_t i) {
  return static_cast<Eigen::Index>(i);
}

}  // namespace

CalibrationHessian::CalibrationHessian(std::size_t columns) : columns_(columns) {
  if (columns == 0 || columns > 65536) {
    throw Error("a Hessian of " + std::to_string(columns) + " columns: 1..65536 are accepted");
  }
  lower_.assign(columns * columns, 0.0);
}

void CalibrationHessian::add(std::span<const float> activations) {
  if (activations.size() % columns_ != 0) {
    throw Error("calibration activations of " + std::to_string(activations.size()) +
                " elements are not rows of " + std::to_string(columns_) + " columns");
  }
  const auto bad =
      std::find_if(activations.begin(), activations.end(), [](float x) { return !std::isfinite(x); });
  if (bad != activations.end()) {
    const auto at = static_cast<std::size_t>(bad - activations.begin());
    throw Error("calibration activation [" + std::to_string(at / columns_) + ", " +
                std::to_string(at % columns_) + "] is not finite");
  }
  const Eigen::Index n = index(columns_);
  Eigen::Map<Eigen::MatrixXd> lower(lower_.data(), n, n);
  const std::size_t tokens = activations.size() / columns_;
  for (std::size_t first = 0; first < tokens; first += kTokensAtOnce) {
    const std::size_t here = std::min(kTokensAtOnce, tokens - first);
    const Eigen::MatrixXd x =
        Eigen::Map<const RowMajor>(activations.data() + first * columns_, index(here), n).cast<double>();
    parallel_for(columns_, kColumnsAtOnce, [&](std::size_t begin, std::size_t end) {
      const Eigen::Index at = index(begin);
      const Eigen::Index width = index(end - begin);
      lower.block(at, at, n - at, width).noalias() +=
          x.rightCols(n - at).transpose() * x.middleCols(at, width);
    });
  }
  tokens_ += tokens;
}

double mean_squared_output_error(std::span<const float> weights, const QuantizedMatrix& matrix,
                                 const CalibrationHessian& hessian) {
  if (weights.size() != matrix.codes.size() || matrix.columns != hessian.columns() || hessian.tokens() == 0) {
    throw Error("output error of " + std::to_string(weights.size()) + " weights against " +
                std::to_string(matrix.rows) + " x " + std::to_string(matrix.columns) + " codes, " +
                std::to_string(hessian.columns()) + " columns and " + std::to_string(hessian.tokens()) +
                " tokens of calibration: the shapes must agree and there must be tokens");
  }
  std::vector<float> back(weights.size());
  dequantize_to_binary32(matrix, back);
  const Eigen::Index rows = index(matrix.rows);
  const Eigen::Index columns = index(matrix.columns);
  const Eigen::MatrixXd difference =
      Eigen::Map<const RowMajor>(weights.data(), rows, columns).cast<double>() -
      Eigen::Map<const RowMajor>(back.data(), rows, columns).cast<double>();
  const Eigen::Map<const Eigen::MatrixXd> lower(hessian.lower().data(), columns, columns);
  const Eigen::MatrixXd product = difference * lower.selfadjointView<Eigen::Lower>();
  return product.cwiseProduct(difference).sum() / static_cast<double>(hessian.tokens());
}

}  // namespace fp6sim::emu
