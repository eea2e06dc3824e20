#include "app/workers/run_points.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/point/evaluate.h"
#include "app/text/progress.h"
#include "app/workers/worker_pool.h"
#include "emu/error.h"

namespace fp6sim::app {

std::vector<boost::json::object> run_points(const std::vector<Point>& points, int jobs) {
  InputCache cache;
  for (const Point& point : points) cache.inputs(point);
  if (jobs == 0) jobs = available_processors();
  WorkerPool pool(static_cast<int>(std::clamp<std::size_t>(points.size(), 1, static_cast<std::size_t>(jobs))),
                  evaluate_text);
  catch_interrupts();
  std::vector<boost::json::object> results(points.size());
  std::string complaint;
  Progress progress("simulations", points.size());
  std::size_t given = 0, answered = 0;
  pool.run(
      [&]() -> std::optional<Task> {
        if (given == points.size() || !complaint.empty()) return std::nullopt;
        Task task{given, boost::json::serialize(points[given].to_json()), 0};
        ++given;
        return task;
      },
      [&](const Task& task, const Reply& reply) {
        ++answered;
        progress.advance();
        if (reply.done) {
          results[task.id] = boost::json::parse(reply.text).as_object();
        } else if (complaint.empty()) {
          complaint = point_text(points[task.id]) + ": " + reply.text;
        }
      });
  progress.finish();
  if (!complaint.empty()) throw Error(complaint);
  if (answered < points.size()) throw Error("interrupted after " + std::to_string(answered) + " simulations");
  return results;
}

}  // namespace fp6sim::app
