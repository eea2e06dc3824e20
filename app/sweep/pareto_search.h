// Finding the Pareto front of a grid without simulating all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "app/sweep/gaussian_process.h"

namespace fp6sim::app {

/// a is at least as good everywhere (smaller is better) and better somewhere.
bool dominates(const std::vector<double>& a, const std::vector<double>& b);

/// Indices of the rows no other row dominates, ascending. Equal rows are all kept.
std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& rows);

/// Active learning after epsilon-PAL (Zuluaga et al., JMLR 2016): a Gaussian process per objective is fitted
/// to what is known; a candidate stays while its optimistic guess (mean - 3 deviations) is dominated by no
/// known point; the most promising batch is simulated next. It ends when no candidate is left or `budget`
/// points are known.
///
///   while (auto batch = search.next(); !batch.empty()) for (i : batch) search.tell(i, objectives or failed)
class ParetoSearch {
 public:
  /// known_before[i]: the objectives of candidate i, NaN where only simulating it tells. At least one is NaN.
  using KnownBefore = std::vector<std::vector<double>>;

  /// `locations[i]`: the levels of candidate i. `ordered`: see GaussianProcess. Deterministic by `seed`.
  ParetoSearch(std::vector<GaussianProcess::Location> locations, std::vector<bool> ordered,
               KnownBefore known_before, std::size_t budget, std::size_t batch, std::uint64_t seed);

  /// Candidates to simulate next; empty: done.
  std::vector<std::size_t> next();
  /// The objectives of a candidate, smaller is better.
  void tell(std::size_t candidate, std::vector<double> objectives);
  /// It cannot be simulated: it is never on the front, and is not asked for again.
  void tell_failed(std::size_t candidate);

  /// Candidates on the front of what is known.
  std::vector<std::size_t> front() const;
  std::size_t known() const { return known_count_; }

 private:
  enum class State : std::uint8_t { kUnknown, kAsked, kKnown, kFailed };
  std::vector<std::size_t> first_batch();
  void fit();
  GaussianProcess::Guess guess(std::size_t candidate, std::size_t objective) const;

  std::vector<GaussianProcess::Location> locations_;
  KnownBefore known_before_;
  std::vector<GaussianProcess> models_;  ///< one an objective; unused where it is known before
  std::vector<State> states_;
  std::vector<std::vector<double>> objectives_;
  std::size_t budget_, batch_, known_count_ = 0, asked_count_ = 0;
  std::uint64_t seed_;
};

}  // namespace fp6sim::app
