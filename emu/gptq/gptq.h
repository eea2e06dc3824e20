// GPTQ: rounding weights one input column at a time, each column's error made up for by the columns still to
// come. Source: Frantar, Ashkboos, Hoefler, Alistarh, "GPTQ", ICLR 2023.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "emu/quantize.h"

namespace fp6sim::emu {

/// The second moment of a layer's inputs, sum over tokens of x x^T, gathered batch by batch. Holds columns^2
/// doubles.
class CalibrationHessian {
 public:
  /// Throws fp6sim::Error unless columns is 1..65536.
  explicit CalibrationHessian(std::size_t columns);

  /// Adds activations[tokens, columns], row-major (A's storage everywhere: a token is contiguous). Same bits
  /// on any number of threads. Throws fp6sim::Error where the size is no multiple of columns or an activation
  /// is not finite.
  void add(std::span<const float> activations);

  std::size_t columns() const { return columns_; }
  std::size_t tokens() const { return tokens_; }
  /// Column-major [columns, columns]; only the lower triangle is meaningful.
  std::span<const double> lower() const { return lower_; }

 private:
  std::size_t columns_;
  std::size_t tokens_ = 0;
  std::vector<double> lower_;
};

struct GptqSpec {
  QuantizeSpec quantize;   ///< format, group, scale rule and storage, zero point, rounding: as for RTN
  double damping = 0.01;   ///< this times the mean of the diagonal is added to the diagonal; 0..1
  bool act_order = false;  ///< columns with the largest inputs first
  std::size_t block =
      128;  ///< columns updated eagerly; later ones wait for the block's end. Changes time, not codes
};

struct GptqResult {
  QuantizedMatrix matrix;
  double damping = 0;  ///< what made the Hessian invertible: GptqSpec's, or more (see gptq())
};

/// Quantises weights[rows, columns] so that the layer's outputs on the calibration inputs stay close, on
/// several threads; same bits on any number of them.
///
/// Scales of a group come from its weights as corrected when the group is reached; with act_order, whose
/// columns jump between groups, and for one scale per row, from the original weights. A column no calibration
/// input ever touched is rounded to nearest. A Hessian that is still singular after damping gets ten times
/// more (at least 1e-4), up to 1: the result says how much it took.
///
/// Throws fp6sim::Error: what quantize() refuses (non-finite weights always), no calibration tokens, columns
/// that differ from the Hessian's, damping outside 0..1, block 0, a Hessian that no damping up to 1 makes
/// positive definite.
GptqResult gptq(std::span<const float> weights, std::size_t rows, std::size_t columns,
                const CalibrationHessian& hessian, const GptqSpec& spec, std::string_view tensor = "weights");

/// Mean over tokens of |(W - dequantised W) x|^2: what GPTQ makes small. Binary32 dequantised weights, double
/// sums. Throws fp6sim::Error where shapes differ or there are no tokens.
double mean_squared_output_error(std::span<const float> weights, const QuantizedMatrix& matrix,
                                 const CalibrationHessian& hessian);

}  // namespace fp6sim::emu
