#include "app/sweep/space.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <random>
#include <set>

#include "emu/error.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

/// Uniform in [0, 1); std::uniform_real_distribution differs between standard libraries.
double uniform(std::mt19937_64& bits) {
  return static_cast<double>(bits() >> 11) * 0x1p-53;
}

std::string text_of(const Candidate& candidate) {
  std::string text = std::to_string(candidate.problem);
  for (const auto& value : candidate.values) text.append("\n").append(bj::serialize(value));
  return text;
}

/// Collects allowed candidates, each once.
class Collector {
 public:
  Collector(const Space& space, std::uint64_t wanted) : space_(space), wanted_(wanted) {}
  void offer(Candidate candidate) {
    ++tried_;
    if (full() || !space_.allowed(candidate) || !seen_.insert(text_of(candidate)).second) return;
    found_.push_back(std::move(candidate));
  }
  bool full() const { return found_.size() >= wanted_; }
  std::uint64_t missing() const { return wanted_ - found_.size(); }
  std::uint64_t tried() const { return tried_; }
  /// A space smaller than what is wanted, or nearly empty, ends the search.
  bool gives_up() const { return tried_ > 1000 * wanted_ + 100'000; }
  std::vector<Candidate> take() {
    if (found_.empty()) {
      throw Error("sweep '" + space_.spec().name + "': none of " + std::to_string(tried_) +
                  " samples satisfies the constraints");
    }
    return std::move(found_);
  }

 private:
  const Space& space_;
  std::uint64_t wanted_, tried_ = 0;
  std::set<std::string> seen_;
  std::vector<Candidate> found_;
};

}  // namespace

std::uint64_t Space::combinations() const {
  std::uint64_t count = spec_.problems.size();
  for (const Axis& axis : spec_.axes) {
    count *= axis.levels();
    if (count > kLargestGrid) {
      throw Error("sweep '" + spec_.name + "': its grid has more than " + std::to_string(kLargestGrid) +
                  " combinations: use method random or latin-hypercube");
    }
  }
  return count;
}

Candidate Space::combination(std::uint64_t index) const {
  Candidate candidate;
  candidate.values.resize(spec_.axes.size());
  for (std::size_t i = spec_.axes.size(); i-- > 0;) {
    const Axis& axis = spec_.axes[i];
    candidate.values[i] = axis.values[index % axis.levels()];
    index /= axis.levels();
  }
  candidate.problem = index;
  return candidate;
}

bj::value Space::value_of(const Candidate& candidate, std::string_view name) const {
  const Problem& problem = spec_.problems[candidate.problem];
  if (name == "workload") return bj::string(problem.workload);
  if (name == "layer") return bj::string(problem.layer);
  if (name == "m") return problem.m;
  if (name == "k") return problem.k;
  for (std::size_t i = 0; i < spec_.axes.size(); ++i) {
    if (spec_.axes[i].name == name) return candidate.values[i];
  }
  throw Error("no value is called '" + std::string(name) + "'");
}

bool Space::breaks(const Expression& constraint, const Candidate& candidate) const {
  return !constraint.holds([&](std::string_view name) { return value_of(candidate, name); });
}

bool Space::allowed(const Candidate& candidate) const {
  return std::none_of(spec_.constraints.begin(), spec_.constraints.end(),
                      [&](const Expression& constraint) { return breaks(constraint, candidate); });
}

Point Space::point(const Candidate& candidate) const {
  const Problem& problem = spec_.problems[candidate.problem];
  Point point;
  point.workload = problem.workload;
  point.layer = problem.layer;
  point.count = problem.count;
  point.step = problem.step;
  point.shape = {problem.m, problem.k, 0};
  for (std::size_t i = 0; i < spec_.axes.size(); ++i) {
    const std::string& name = spec_.axes[i].name;
    const bj::value& value = candidate.values[i];
    if (name == "batch") {
      point.shape.n = value.as_int64();
    } else if (name == "gpu") {
      point.gpu = value.as_string().c_str();
    } else if (name == "kernel") {
      point.kernel = value.as_string().c_str();
    } else if (name == "design") {
      point.design = value.as_string().c_str();
    } else if (name == "split") {
      point.split = value.as_string().c_str();
    } else if (name == "l2_state") {
      point.warm_l2 = value.as_string() == "warm";
    } else if (!value.is_null()) {
      point.overrides[name] = value;
    }
  }
  return point;
}

std::vector<Candidate> Space::grid() const {
  std::vector<Candidate> found;
  std::vector<std::uint64_t> broken(spec_.constraints.size(), 0);
  const std::uint64_t count = combinations();
  for (std::uint64_t i = 0; i < count; ++i) {
    Candidate candidate = combination(i);
    bool kept = true;
    for (std::size_t c = 0; c < broken.size(); ++c) {
      if (!breaks(spec_.constraints[c], candidate)) continue;
      ++broken[c];
      kept = false;
    }
    if (!kept) continue;
    if (found.size() == kMostPoints) {
      throw Error("sweep '" + spec_.name + "': more than " + std::to_string(kMostPoints) +
                  " points: use method random or latin-hypercube");
    }
    found.push_back(std::move(candidate));
  }
  if (!found.empty()) return found;
  std::string message = "sweep '" + spec_.name + "': the constraints contradict each other: none of " +
                        std::to_string(count) + " combinations satisfies them all";
  for (std::size_t c = 0; c < broken.size(); ++c) {
    message += "; \"" + spec_.constraints[c].text() + "\" alone leaves " + std::to_string(count - broken[c]);
  }
  throw Error(message);
}

std::vector<Candidate> Space::random() const {
  std::mt19937_64 bits(spec_.seed);
  Collector collector(*this, spec_.points);
  while (!collector.full() && !collector.gives_up()) {
    Candidate candidate;
    candidate.problem = static_cast<std::size_t>(uniform(bits) * static_cast<double>(spec_.problems.size()));
    for (const Axis& axis : spec_.axes) candidate.values.push_back(axis.at(uniform(bits)));
    collector.offer(std::move(candidate));
  }
  return collector.take();
}

std::vector<Candidate> Space::latin_hypercube() const {
  std::mt19937_64 bits(spec_.seed);
  Collector collector(*this, spec_.points);
  const std::size_t dimensions = spec_.axes.size() + 1;
  while (!collector.full() && !collector.gives_up()) {
    const std::uint64_t parts = collector.missing();
    std::vector<std::vector<std::uint64_t>> order(dimensions);
    for (auto& dimension : order) {
      for (std::uint64_t i = 0; i < parts; ++i) dimension.push_back(i);
      for (std::uint64_t i = parts; i > 1; --i) {  // Fisher-Yates; std::shuffle differs between libraries
        std::swap(dimension[i - 1],
                  dimension[static_cast<std::size_t>(uniform(bits) * static_cast<double>(i))]);
      }
    }
    for (std::uint64_t i = 0; i < parts; ++i) {
      const auto position = [&](std::size_t dimension) {
        return (static_cast<double>(order[dimension][i]) + uniform(bits)) / static_cast<double>(parts);
      };
      Candidate candidate;
      candidate.problem =
          std::min(spec_.problems.size() - 1,
                   static_cast<std::size_t>(position(0) * static_cast<double>(spec_.problems.size())));
      for (std::size_t a = 0; a < spec_.axes.size(); ++a)
        candidate.values.push_back(spec_.axes[a].at(position(a + 1)));
      collector.offer(std::move(candidate));
    }
  }
  return collector.take();
}

std::vector<Candidate> Space::candidates() const {
  switch (spec_.method) {
    case Method::kRandom:
      return random();
    case Method::kLatinHypercube:
      return latin_hypercube();
    case Method::kGrid:
    case Method::kPareto:
      break;
  }
  return grid();
}

}  // namespace fp6sim::app
