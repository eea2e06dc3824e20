#include "app/sweep/front_search.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "app/point/evaluate.h"
#include "app/point/quality.h"
#include "app/sweep/pareto_search.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

constexpr std::size_t kSmallestBatch = 16;  // points simulated between two fits, at least
constexpr double kSteps = 1e4;  // times and energies within 0.01 % are equal: no architect chooses by less

bool is_work(const Axis& axis) {
  return axis.name == "batch";
}

/// The candidate's values but for layer and batch.
std::string way_of(const Space& space, const Candidate& candidate) {
  std::string way;
  const auto& axes = space.spec().axes;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (!is_work(axes[a])) way.append(boost::json::serialize(candidate.values[a])).append("\n");
  }
  return way;
}

/// Layers times batches.
std::size_t amount_of_work(const SweepSpec& spec) {
  std::size_t amount = spec.problems.size();
  for (const Axis& axis : spec.axes) amount *= is_work(axis) ? axis.levels() : 1;
  return amount;
}

/// Levels of the axes that vary.
std::vector<GaussianProcess::Location> locations_of(const Space& space, const std::vector<PlannedPoint>& plan,
                                                    const std::vector<Alternative>& alternatives,
                                                    std::vector<bool>& ordered) {
  const auto& axes = space.spec().axes;
  std::vector<std::size_t> varying;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (axes[a].levels() < 2 || is_work(axes[a])) continue;
    varying.push_back(a);
    ordered.push_back(std::all_of(axes[a].values.begin(), axes[a].values.end(),
                                  [](const auto& value) { return value.is_number() || value.is_null(); }));
  }
  std::vector<GaussianProcess::Location> locations;
  for (const Alternative& alternative : alternatives) {
    GaussianProcess::Location location;
    for (const std::size_t a : varying) {
      const auto& values = axes[a].values;
      const auto& value = plan[alternative.members.front()].candidate.values[a];
      location.push_back(static_cast<int>(std::find(values.begin(), values.end(), value) - values.begin()));
    }
    locations.push_back(std::move(location));
  }
  return locations;
}

/// Area and quality follow from the descriptions: the search need not guess them.
ParetoSearch::KnownBefore known_objectives(const SweepSpec& spec, const std::vector<PlannedPoint>& plan,
                                           const std::vector<Alternative>& alternatives) {
  InputCache cache;
  ParetoSearch::KnownBefore known;
  for (const Alternative& alternative : alternatives) {
    const Inputs inputs = cache.inputs(plan[alternative.members.front()].point);
    std::vector<double>& row = known.emplace_back();
    for (const Objective& objective : spec.objectives) {
      row.push_back(objective.name == "area_mm2"     ? added_area_mm2(inputs.gpu, inputs.design)
                    : objective.name == "quality_db" ? -quality_db(inputs.kernel.weights)
                                                     : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return known;
}

bool adds_up(const Objective& objective) {
  return objective.name == "time_us" || objective.name == "energy_uj";
}

/// Smaller is better; times and energies in logarithms, where effects multiply.
std::vector<double> smaller_is_better(const std::vector<Objective>& objectives, std::vector<double> weights) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (adds_up(objectives[i])) weights[i] = std::round(std::log(weights[i]) * kSteps) / kSteps;
    if (objectives[i].maximise) weights[i] = -weights[i];
  }
  return weights;
}

}  // namespace

std::vector<Candidate> whole_alternatives(const Space& space, std::vector<Candidate> candidates) {
  std::map<std::string, std::size_t> found;
  for (const Candidate& candidate : candidates) ++found[way_of(space, candidate)];
  const std::size_t wanted = amount_of_work(space.spec());
  std::erase_if(candidates, [&](const Candidate& c) { return found[way_of(space, c)] < wanted; });
  if (candidates.empty()) {
    throw Error("sweep '" + space.spec().name +
                "': the constraints leave no GPU, kernel and design for every layer and batch, and a Pareto "
                "search weighs whole sums");
  }
  return candidates;
}

std::vector<Alternative> alternatives_of(const Space& space, const std::vector<PlannedPoint>& plan) {
  std::map<std::string, std::size_t> known;
  std::vector<Alternative> alternatives;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const auto [entry, fresh] = known.try_emplace(way_of(space, plan[i].candidate), alternatives.size());
    if (fresh) alternatives.emplace_back();
    alternatives[entry->second].members.push_back(i);
  }
  return alternatives;
}

std::optional<std::vector<double>> weigh(const std::vector<Objective>& objectives,
                                         const Alternative& alternative,
                                         const std::vector<PlannedPoint>& plan, Database& database) {
  std::vector<double> weights(objectives.size(), 0);
  for (const std::size_t member : alternative.members) {
    const auto stored = database.find(plan[member].key);
    if (!stored || !stored->error.empty()) return std::nullopt;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
      const double value = stored->result.at(objectives[i].name).to_number<double>();
      const auto count = static_cast<double>(plan[member].point.count);
      weights[i] = adds_up(objectives[i]) ? weights[i] + value * count : value;
    }
  }
  return weights;
}

void search_front(const Space& space, const std::vector<PlannedPoint>& plan, Database& database,
                  const std::function<void(const std::vector<std::size_t>&)>& complete, int parallelism,
                  SweepOutcome& outcome) {
  const SweepSpec& spec = space.spec();
  const std::vector<Alternative> alternatives = alternatives_of(space, plan);
  const std::size_t work = alternatives.front().members.size();
  std::vector<bool> ordered;
  auto locations = locations_of(space, plan, alternatives, ordered);
  const std::size_t batch = std::max(kSmallestBatch, 2 * static_cast<std::size_t>(parallelism));
  ParetoSearch search(std::move(locations), std::move(ordered), known_objectives(spec, plan, alternatives),
                      std::max<std::size_t>(1, spec.points / work), std::max<std::size_t>(1, batch / work),
                      spec.seed);
  while (!interrupted()) {
    const std::vector<std::size_t> wanted = search.next();
    if (wanted.empty()) break;
    std::vector<std::size_t> points;
    for (const std::size_t i : wanted) {
      const auto& members = alternatives[i].members;
      points.insert(points.end(), members.begin(), members.end());
    }
    outcome.asked.insert(outcome.asked.end(), points.begin(), points.end());
    complete(points);
    for (const std::size_t i : wanted) {
      const auto weights = weigh(spec.objectives, alternatives[i], plan, database);
      weights ? search.tell(i, smaller_is_better(spec.objectives, *weights)) : search.tell_failed(i);
    }
  }
  for (const std::size_t i : search.front()) {
    outcome.front.push_back(
        {alternatives[i].members, weigh(spec.objectives, alternatives[i], plan, database).value()});
  }
}

}  // namespace fp6sim::app
