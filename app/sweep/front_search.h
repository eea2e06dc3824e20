// A sweep of method pareto: which ways of doing the work nothing beats.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "app/sweep/run_sweep.h"

namespace fp6sim::app {

/// One way of doing the work (GPU, kernel, design, fields) and the points that weigh it: one for every layer
/// and batch of the sweep.
struct Alternative {
  std::vector<std::size_t> members;  ///< indices of the plan
};

/// Drops the points of ways that the constraints do not leave for every layer and batch: their sums would be
/// of less work. Throws fp6sim::Error where none is left.
std::vector<Candidate> whole_alternatives(const Space& space, std::vector<Candidate> candidates);

/// The points of `plan` (from whole_alternatives()) by what they are a way of, in the plan's order.
std::vector<Alternative> alternatives_of(const Space& space, const std::vector<PlannedPoint>& plan);

/// What a sweep weighs an alternative by, in the order and sign of `objectives` as read: times and energies
/// are sums over members, each times its layer's count; area and quality are those of any member. nullopt
/// where a member has no result, or cannot be simulated.
std::optional<std::vector<double>> weigh(const std::vector<Objective>& objectives,
                                         const Alternative& alternative,
                                         const std::vector<PlannedPoint>& plan, Database& database);

/// Two times or energies within 0.01 % count as equal. Simulates through `complete(plan indices)` what
/// ParetoSearch asks for, at most spec.points points, and fills outcome.asked and outcome.front.
void search_front(const Space& space, const std::vector<PlannedPoint>& plan, Database& database,
                  const std::function<void(const std::vector<std::size_t>&)>& complete, int parallelism,
                  SweepOutcome& outcome);

}  // namespace fp6sim::app
