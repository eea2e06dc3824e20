#include "app/sweep/run_sweep.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <deque>
#include <set>
#include <thread>

#include "app/point/evaluate.h"
#include "app/sweep/front_search.h"
#include "app/text/progress.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;
using std::chrono::steady_clock;

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

/// Hands out what is missing and stores what comes back.
class Run {
 public:
  Run(const Space& space, const std::vector<PlannedPoint>& plan, Database& database, Executor& executor,
      SweepOutcome& outcome, Progress& progress)
      : space_(space),
        plan_(plan),
        database_(database),
        executor_(executor),
        outcome_(outcome),
        progress_(progress) {}

  /// Until every point of `wanted` is stored, here or by another process, or the user interrupts.
  void complete(const std::vector<std::size_t>& wanted) {
    database_.begin();
    for (const std::size_t i : wanted) database_.label(space_.spec().name, plan_[i].key, plan_[i].point);
    database_.commit();
    waiting_.assign(wanted.begin(), wanted.end());
    // The longest first: then the last ones end together, and no worker is left waiting for another.
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [this](std::size_t a, std::size_t b) { return plan_[a].effort > plan_[b].effort; });
    while (!waiting_.empty() && !interrupted()) {
      executor_.run([this] { return next(); },
                    [this](const Task& task, const Reply& reply) { take(task, reply); });
      // What is left is being computed by another process.
      if (!waiting_.empty() && !interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }

 private:
  std::optional<Task> next() {
    for (std::size_t tries = waiting_.size(); tries > 0; --tries) {
      const std::size_t index = waiting_.front();
      waiting_.pop_front();
      const std::string& key = plan_[index].key;
      if (computing_.contains(key) || database_.contains(key)) {
        ++outcome_.stored_before;
        progress_.skip(effort_in_progress(index));
      } else if (database_.claim(key)) {
        computing_.insert(key);
        return Task{index, bj::serialize(plan_[index].point.to_json()), 0};
      } else {
        waiting_.push_back(index);
      }
    }
    return std::nullopt;
  }

  /// A search does not know what it will ask for.
  double effort_in_progress(std::size_t index) const {
    return space_.spec().method == Method::kPareto ? 0 : plan_[index].effort;
  }

  void take(const Task& task, const Reply& reply) {
    const PlannedPoint& planned = plan_[task.id];
    progress_.advance(effort_in_progress(task.id));
    outcome_.simulation_seconds += reply.seconds;
    if (!reply.done && outcome_.first_failure.empty()) {
      outcome_.first_failure = point_text(planned.point) + ": " + reply.text;
    }
    if (reply.lost) {
      ++outcome_.lost;
      return;
    }
    StoredPoint stored{planned.key, planned.point, {}, reply.done ? "" : reply.text, reply.seconds};
    if (reply.done) stored.result = bj::parse(reply.text).as_object();
    database_.store(stored);
    ++outcome_.computed;
    outcome_.failed += reply.done ? 0 : 1;
  }

  const Space& space_;
  const std::vector<PlannedPoint>& plan_;
  Database& database_;
  Executor& executor_;
  SweepOutcome& outcome_;
  Progress& progress_;
  std::deque<std::size_t> waiting_;
  std::set<std::string> computing_;  ///< by this run: two points of a plan may be one
};

/// Bytes of weights: simulations take about as long as the traffic they follow is.
double effort_of(const Point& point, const Inputs& inputs) {
  double weights = static_cast<double>(point.shape.m) * static_cast<double>(point.shape.k);
  for (const sim::WorkloadLayer& layer : inputs.workload.layers)
    weights += static_cast<double>(layer.m) * static_cast<double>(layer.k) * static_cast<double>(layer.count);
  return weights * inputs.kernel.weights.bits;
}

}  // namespace

double SweepOutcome::overhead(int workers) const {
  return simulation_seconds > 0 ? seconds * workers / simulation_seconds - 1 : 0;
}

std::vector<PlannedPoint> plan_sweep(const Space& space, bool confirmed) {
  const SweepSpec& spec = space.spec();
  std::vector<Candidate> candidates = space.candidates();
  if (spec.method == Method::kPareto) candidates = whole_alternatives(space, std::move(candidates));
  const std::uint64_t asked = spec.method == Method::kPareto
                                  ? std::min<std::uint64_t>(spec.points, candidates.size())
                                  : candidates.size();
  if (asked > kAskAbove && !confirmed) {
    throw Error("sweep '" + spec.name + "' expands to " + std::to_string(asked) + " points, more than " +
                std::to_string(kAskAbove) + ": add --yes to run them");
  }
  InputCache cache;
  std::vector<PlannedPoint> plan;
  plan.reserve(candidates.size());
  for (Candidate& candidate : candidates) {
    Point point = space.point(candidate);
    const Inputs inputs = cache.inputs(point);
    std::string key = key_of(point, inputs);
    const double effort = effort_of(point, inputs);
    plan.push_back({std::move(candidate), std::move(point), std::move(key), effort});
  }
  return plan;
}

SweepOutcome run_sweep(const Space& space, const std::vector<PlannedPoint>& plan, Database& database,
                       Executor& executor) {
  const auto start = steady_clock::now();
  SweepOutcome outcome;
  const bool searches = space.spec().method == Method::kPareto;
  outcome.planned = searches ? std::min<std::uint64_t>(space.spec().points, plan.size()) : plan.size();
  Progress progress("points", outcome.planned);
  Run run(space, plan, database, executor, outcome, progress);
  if (searches) {
    const auto complete = [&](const std::vector<std::size_t>& wanted) { run.complete(wanted); };
    search_front(space, plan, database, complete, executor.parallelism(), outcome);
  } else {
    double effort = 0;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      outcome.asked.push_back(i);
      effort += plan[i].effort;
    }
    progress.set_effort(effort);
    run.complete(outcome.asked);
  }
  progress.finish();
  database.release_claims();
  outcome.interrupted = interrupted();
  outcome.seconds = seconds_since(start);
  return outcome;
}

}  // namespace fp6sim::app
