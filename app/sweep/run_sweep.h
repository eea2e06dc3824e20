// A sweep from file to database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/sweep/database.h"
#include "app/sweep/space.h"
#include "app/workers/executor.h"

namespace fp6sim::app {

/// Points above which a sweep has to be confirmed with --yes.
inline constexpr std::uint64_t kAskAbove = 5000;

/// A sweep made ready: every point named and its inputs loaded, so that whatever is wrong with it has been
/// said.
struct PlannedPoint {
  Candidate candidate;
  Point point;
  std::string key;
  double effort = 0;  ///< more is longer to simulate; 0 is not known
};

/// Throws fp6sim::Error, also for more than kAskAbove points (a Pareto search: budget) without `confirmed`.
std::vector<PlannedPoint> plan_sweep(const Space& space, bool confirmed);

/// One way of doing the work on a Pareto front.
struct FrontEntry {
  std::vector<std::size_t> members;  ///< indices of the plan: every layer and batch done this way
  std::vector<double> weights;  ///< in the order of the sweep's objectives, each in its own unit and sign
};

struct SweepOutcome {
  std::uint64_t planned = 0;
  std::uint64_t stored_before = 0;  ///< asked for and found
  std::uint64_t computed = 0;
  std::uint64_t failed = 0;  ///< of the asked for: stored with why they cannot be simulated
  std::uint64_t lost = 0;    ///< their workers died twice; not stored, tried again by the next run
  std::string first_failure;
  double seconds = 0;             ///< wall clock
  double simulation_seconds = 0;  ///< spent by the workers in simulations
  bool interrupted = false;
  std::vector<std::size_t> asked;  ///< indices of the plan that were wanted: all, or what a search chose
  std::vector<FrontEntry> front;   ///< Pareto search

  /// Share of the workers' time that was not simulation.
  double overhead(int workers) const;
};

/// Computes what the database lacks. Workers must have been made before `database` was opened (SQLite's
/// connections do not survive a fork).
SweepOutcome run_sweep(const Space& space, const std::vector<PlannedPoint>& plan, Database& database,
                       Executor& executor);

/// The points a sweep asked for, as stored, in its order; those without a result yet are left out.
std::vector<StoredPoint> sweep_points(const std::vector<PlannedPoint>& plan, const SweepOutcome& outcome,
                                      Database& database);
std::string sweep_csv(const std::vector<StoredPoint>& points);
boost::json::object stored_point_json(const StoredPoint& point);

}  // namespace fp6sim::app
