// A smooth guess of a function on a grid from some of its values, with how sure it is.
#pragma once

#include <cstdint>
#include <vector>

namespace fp6sim::app {

/// Gaussian-process regression with zero mean over points of a grid. Two points correlate by
///   product over axes of exp(-|a - b| / length[axis])  for ordered axes,  of exp(-1 / length[axis])  for
///   others where
/// they differ. Lengths are fitted by likelihood.
class GaussianProcess {
 public:
  using Location = std::vector<int>;  ///< level of each axis
  struct Guess {
    double mean, deviation;
  };

  /// `ordered[axis]`: neighbouring levels are alike.
  explicit GaussianProcess(std::vector<bool> ordered) : ordered_(std::move(ordered)) {}

  /// At least two values.
  void fit(std::vector<Location> locations, const std::vector<double>& values);
  Guess guess(const Location& location) const;

 private:
  double correlation(const Location& a, const Location& b) const;
  /// The log likelihood with the current lengths; leaves factor and weights for guess().
  double factorise();

  std::vector<bool> ordered_;
  std::vector<double> lengths_;
  std::vector<Location> locations_;
  std::vector<double> values_;   ///< standardised
  std::vector<double> factor_;   ///< lower Cholesky factor, packed by rows
  std::vector<double> weights_;  ///< K^-1 values
  double mean_ = 0, scale_ = 1, amplitude_ = 1;
};

}  // namespace fp6sim::app
