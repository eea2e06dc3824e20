// Many points on all processors of this machine, in order.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "app/point/point.h"
#include "app/workers/executor.h"

namespace fp6sim::app {

/// The result (evaluate.h) of each point, in their order, from `jobs` worker processes (0: as many as
/// processors), with progress on standard error. All descriptions are loaded once before, so that bad ones
/// are refused at once. Throws fp6sim::Error naming the point where one cannot be simulated, and where the
/// user interrupts.
std::vector<boost::json::object> run_points(const std::vector<Point>& points, int jobs);

/// A simulation as a worker is asked for it, and as people are told of it.
struct NamedTask {
  std::string request, name;
};
/// The replies (JSON objects) of `work` to each request, likewise.
std::vector<boost::json::object> run_tasks(const std::vector<NamedTask>& tasks, const WorkFunction& work,
                                           int jobs);

}  // namespace fp6sim::app
