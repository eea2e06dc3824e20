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
  std::vector<NamedTask> tasks;
  for (const Point& point : points) {
    cache.inputs(point);
    tasks.push_back({boost::json::serialize(point.to_json()), point_text(point)});
  }
  return run_tasks(tasks, evaluate_text, jobs);
}

std::vector<boost::json::object> run_tasks(const std::vector<NamedTask>& tasks, const WorkFunction& work,
                                           int jobs) {
  if (jobs == 0) jobs = available_processors();
  WorkerPool pool(static_cast<int>(std::clamp<std::size_t>(tasks.size(), 1, static_cast<std::size_t>(jobs))),
                  work);
  catch_interrupts();
  pool.drop_when_interrupted();  // half a table is none: nothing in flight is worth waiting for
  std::vector<boost::json::object> results(tasks.size());
  std::string complaint;
  Progress progress("simulations", tasks.size());
  std::size_t given = 0, answered = 0;
  pool.run(
      [&]() -> std::optional<Task> {
        if (given == tasks.size() || !complaint.empty()) return std::nullopt;
        Task task{given, tasks[given].request, 0};
        ++given;
        return task;
      },
      [&](const Task& task, const Reply& reply) {
        ++answered;
        progress.advance();
        if (reply.done) {
          results[task.id] = boost::json::parse(reply.text).as_object();
        } else if (complaint.empty()) {
          complaint = tasks[task.id].name + ": " + reply.text;
        }
      });
  progress.finish();
  if (!complaint.empty()) throw Error(complaint);
  if (answered < tasks.size()) throw Error("interrupted after " + std::to_string(answered) + " simulations");
  return results;
}

}  // namespace fp6sim::app
