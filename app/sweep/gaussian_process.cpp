#include "app/sweep/gaussian_process.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace fp6sim::app {
namespace {

constexpr double kNugget = 1e-8;  // results are deterministic: this only keeps the factor well conditioned
constexpr double kLengths[] = {0.5, 1.5, 5, 15, 50};

std::size_t row_start(std::size_t row) {
  return row * (row + 1) / 2;
}

}  // namespace

double GaussianProcess::correlation(const Location& a, const Location& b) const {
  double exponent = 0;
  for (std::size_t axis = 0; axis < a.size(); ++axis) {
    const int apart = std::abs(a[axis] - b[axis]);
    if (apart != 0) exponent += (ordered_[axis] ? apart : 1) / lengths_[axis];
  }
  return std::exp(-exponent);
}

double GaussianProcess::factorise() {
  const std::size_t n = locations_.size();
  factor_.resize(row_start(n));
  for (std::size_t i = 0; i < n; ++i) {
    double* row = &factor_[row_start(i)];
    for (std::size_t j = 0; j <= i; ++j) {
      const double* other = &factor_[row_start(j)];
      double sum = correlation(locations_[i], locations_[j]) + (i == j ? kNugget : 0);
      for (std::size_t k = 0; k < j; ++k) sum -= row[k] * other[k];
      row[j] = i == j ? std::sqrt(std::max(sum, kNugget)) : sum / other[j];
    }
  }
  // Solve L u = y, then L^T w = u.
  weights_ = values_;
  double log_determinant = 0, fit = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = &factor_[row_start(i)];
    for (std::size_t k = 0; k < i; ++k) weights_[i] -= row[k] * weights_[k];
    weights_[i] /= row[i];
    log_determinant += std::log(row[i]);
    fit += weights_[i] * weights_[i];
  }
  for (std::size_t i = n; i-- > 0;) {
    weights_[i] /= factor_[row_start(i) + i];
    for (std::size_t k = 0; k < i; ++k) weights_[k] -= factor_[row_start(i) + k] * weights_[i];
  }
  // The amplitude that maximises the likelihood is known in closed form.
  amplitude_ = std::max(fit / static_cast<double>(n), 1e-12);
  return -0.5 * static_cast<double>(n) * std::log(amplitude_) - log_determinant;
}

void GaussianProcess::fit(std::vector<Location> locations, const std::vector<double>& values) {
  assert(locations.size() == values.size() && values.size() >= 2);
  locations_ = std::move(locations);
  const double n = static_cast<double>(values.size());
  mean_ = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double square = 0;
  for (const double value : values) square += (value - mean_) * (value - mean_);
  scale_ = square > 0 ? std::sqrt(square / n) : 1;
  values_.clear();
  for (const double value : values) values_.push_back((value - mean_) / scale_);
  if (lengths_.empty()) lengths_.assign(ordered_.size(), 5);
  // One axis after the other: a few candidates each, from where the last fit ended.
  double best = factorise();
  for (std::size_t axis = 0; axis < lengths_.size(); ++axis) {
    double kept = lengths_[axis];
    for (const double length : kLengths) {
      if (length == kept) continue;
      lengths_[axis] = length;
      const double likelihood = factorise();
      if (likelihood > best) {
        best = likelihood;
        kept = length;
      }
    }
    lengths_[axis] = kept;
  }
  factorise();
}

GaussianProcess::Guess GaussianProcess::guess(const Location& location) const {
  const std::size_t n = locations_.size();
  std::vector<double> solved(n);
  double mean = 0, explained = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double here = correlation(location, locations_[i]);
    mean += here * weights_[i];
    solved[i] = here;
    const double* row = &factor_[row_start(i)];
    for (std::size_t k = 0; k < i; ++k) solved[i] -= row[k] * solved[k];
    solved[i] /= row[i];
    explained += solved[i] * solved[i];
  }
  const double variance = amplitude_ * std::max(0.0, 1 + kNugget - explained);
  return {mean_ + scale_ * mean, scale_ * std::sqrt(variance)};
}

}  // namespace fp6sim::app
