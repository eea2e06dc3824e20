#include "app/sweep/pareto_search.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

namespace fp6sim::app {
namespace {

constexpr double kOptimism = 3;          // deviations below the mean a candidate may hope for
constexpr std::size_t kFirstShare = 16;  // the first batch is a sixteenth of the candidates, or
constexpr std::size_t kFitsApart = 8;    // a batch grows with what is known: fits get dearer, and teach less
constexpr std::size_t kFirstMost = 60;   // this many: enough for a fit

/// That none of `front` dominates a candidate with these guesses, objectives and front points taken as
/// independent.
double chance_of_front(const std::vector<GaussianProcess::Guess>& guesses,
                       const std::vector<std::vector<double>>& front) {
  double chance = 1;
  for (const auto& row : front) {
    double dominated = 1;
    for (std::size_t d = 0; d < row.size(); ++d) {
      const double above = (guesses[d].mean - row[d]) / std::max(guesses[d].deviation, 1e-9);
      dominated *= 0.5 * std::erfc(-above / std::numbers::sqrt2);
    }
    chance *= 1 - dominated;
  }
  return chance;
}

}  // namespace

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better |= a[i] < b[i];
  }
  return better;
}

std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& rows) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool beaten =
        std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return dominates(row, rows[i]); });
    if (!beaten) front.push_back(i);
  }
  return front;
}

ParetoSearch::ParetoSearch(std::vector<GaussianProcess::Location> locations, std::vector<bool> ordered,
                           KnownBefore known_before, std::size_t budget, std::size_t batch,
                           std::uint64_t seed)
    : locations_(std::move(locations)),
      known_before_(std::move(known_before)),
      models_(known_before_.at(0).size(), GaussianProcess(std::move(ordered))),
      states_(locations_.size(), State::kUnknown),
      objectives_(locations_.size()),
      budget_(std::min(budget, locations_.size())),
      batch_(batch),
      seed_(seed) {}

std::vector<std::size_t> ParetoSearch::first_batch() {
  std::vector<std::size_t> order(locations_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 bits(seed_);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[bits() % i]);
  const std::size_t wanted = std::max<std::size_t>(2, std::min(kFirstMost, locations_.size() / kFirstShare));
  order.resize(std::min({wanted, budget_, order.size()}));
  return order;
}

void ParetoSearch::fit() {
  std::vector<GaussianProcess::Location> locations;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != State::kKnown) continue;
    rows.push_back(i);
    locations.push_back(locations_[i]);
  }
  for (std::size_t objective = 0; objective < models_.size(); ++objective) {
    if (!std::isnan(known_before_[0][objective])) continue;
    std::vector<double> values;
    for (const std::size_t row : rows) values.push_back(objectives_[row][objective]);
    models_[objective].fit(locations, values);
  }
}

GaussianProcess::Guess ParetoSearch::guess(std::size_t candidate, std::size_t objective) const {
  const double known = known_before_[candidate][objective];
  return std::isnan(known) ? models_[objective].guess(locations_[candidate])
                           : GaussianProcess::Guess{known, 0};
}

std::vector<std::size_t> ParetoSearch::next() {
  std::vector<std::size_t> chosen;
  const std::size_t left = budget_ - std::min(budget_, asked_count_);
  if (asked_count_ == 0) {
    chosen = first_batch();
  } else if (left > 0 && known_count_ < 2) {  // the first ones failed: more of them, in order
    for (std::size_t i = 0; i < states_.size() && chosen.size() < std::min(batch_, left); ++i) {
      if (states_[i] == State::kUnknown) chosen.push_back(i);
    }
  } else if (left > 0) {
    fit();
    std::vector<std::vector<double>> best;
    for (const std::size_t i : front()) best.push_back(objectives_[i]);
    std::vector<std::pair<double, std::size_t>> hopeful;  // least likely to be on the front last
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i] != State::kUnknown) continue;
      std::vector<GaussianProcess::Guess> guesses;
      std::vector<double> hope;
      for (std::size_t objective = 0; objective < models_.size(); ++objective) {
        guesses.push_back(guess(i, objective));
        hope.push_back(guesses.back().mean - kOptimism * guesses.back().deviation);
      }
      if (std::any_of(best.begin(), best.end(), [&](const auto& row) { return dominates(row, hope); }))
        continue;
      hopeful.emplace_back(-chance_of_front(guesses, best), i);
    }
    std::sort(hopeful.begin(), hopeful.end());
    const std::size_t batch = std::max(batch_, known_count_ / kFitsApart);
    hopeful.resize(std::min({hopeful.size(), batch, left}));
    for (const auto& [chance, i] : hopeful) chosen.push_back(i);
  }
  for (const std::size_t i : chosen) states_[i] = State::kAsked;
  asked_count_ += chosen.size();
  return chosen;
}

void ParetoSearch::tell(std::size_t candidate, std::vector<double> objectives) {
  assert(objectives.size() == models_.size());
  states_[candidate] = State::kKnown;
  objectives_[candidate] = std::move(objectives);
  ++known_count_;
}

void ParetoSearch::tell_failed(std::size_t candidate) {
  states_[candidate] = State::kFailed;
}

std::vector<std::size_t> ParetoSearch::front() const {
  std::vector<std::vector<double>> rows;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != State::kKnown) continue;
    rows.push_back(objectives_[i]);
    candidates.push_back(i);
  }
  std::vector<std::size_t> front;
  for (const std::size_t row : pareto_front(rows)) front.push_back(candidates[row]);
  return front;
}

}  // namespace fp6sim::app
