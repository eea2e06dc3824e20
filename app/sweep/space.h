// The points a sweep stands for.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <vector>

#include "app/point/point.h"
#include "app/sweep/sweep_file.h"

namespace fp6sim::app {

/// A problem and a value of each axis.
struct Candidate {
  std::size_t problem = 0;
  std::vector<boost::json::value> values;
};

/// Most raw combinations a grid is searched through, and most points it may have: beyond, sample.
inline constexpr std::uint64_t kLargestGrid = 20'000'000;
inline constexpr std::uint64_t kMostPoints = 1'000'000;

class Space {
 public:
  explicit Space(const SweepSpec& spec) : spec_(spec) {}

  /// Raw combinations of a grid, constraints aside. Throws fp6sim::Error beyond kLargestGrid.
  std::uint64_t combinations() const;
  /// Combination `index`: problems vary slowest, the last axis fastest.
  Candidate combination(std::uint64_t index) const;

  bool allowed(const Candidate& candidate) const;
  Point point(const Candidate& candidate) const;

  /// Every allowed combination. Throws fp6sim::Error naming the constraint no combination satisfies where
  /// none is left.
  std::vector<Candidate> grid() const;
  /// spec.points allowed candidates, no two the same, or as many as there are. Reproducible by spec.seed.
  std::vector<Candidate> random() const;
  /// Latin hypercube: along each axis every one of `points` equal parts is used once. Parts whose candidate
  /// breaks a constraint are drawn again as further, smaller hypercubes.
  std::vector<Candidate> latin_hypercube() const;
  /// By spec.method; Pareto has the grid's.
  std::vector<Candidate> candidates() const;

  const SweepSpec& spec() const { return spec_; }

 private:
  boost::json::value value_of(const Candidate& candidate, std::string_view name) const;
  bool breaks(const Expression& constraint, const Candidate& candidate) const;

  const SweepSpec& spec_;
};

}  // namespace fp6sim::app
