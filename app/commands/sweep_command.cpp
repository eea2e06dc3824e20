// fp6sim sweep: thousands of points into a database that survives anything.
#include <fmt/core.h>

#include <filesystem>

#include "app/commands.h"
#include "app/options.h"
#include "app/point/evaluate.h"
#include "app/sweep/run_sweep.h"
#include "app/text/table.h"
#include "app/workers/mpi_executor.h"
#include "app/workers/worker_pool.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

constexpr int kInterrupted = 130;  // as shells report a program ended by Ctrl-C

struct SweepArguments {
  std::string file, database, csv;
  int jobs = 0;
  bool yes = false, json = false;
};

void print_summary(const SweepSpec& spec, const SweepOutcome& outcome, int workers,
                   const SweepArguments& arguments) {
  fmt::print(stderr, "sweep {}: {} points asked for, {} were stored, {} computed", spec.name,
             outcome.asked.size(), outcome.stored_before, outcome.computed);
  if (outcome.failed > 0) fmt::print(stderr, ", {} of them cannot be simulated", outcome.failed);
  if (outcome.lost > 0)
    fmt::print(stderr, ", {} lost with their workers (the next run tries them again)", outcome.lost);
  fmt::print(stderr, "\n");
  if (!outcome.first_failure.empty())
    fmt::print(stderr, "the first that failed: {}\n", outcome.first_failure);
  if (outcome.computed > 0) {
    fmt::print(stderr, "{:.1f} s of simulation on {} workers in {:.1f} s: overhead {:.1f} %\n",
               outcome.simulation_seconds, workers, outcome.seconds, 100 * outcome.overhead(workers));
  }
  if (outcome.interrupted) {
    fmt::print(stderr, "interrupted: what is computed is stored in {}; run the same command to go on\n",
               arguments.database);
  } else {
    fmt::print(stderr, "results: {0}   a page of them: fp6sim report {0} -o FILE.html\n", arguments.database);
  }
}

std::string front_text(const SweepSpec& spec, const std::vector<PlannedPoint>& plan,
                       const SweepOutcome& outcome) {
  std::vector<std::string> header;
  for (const Objective& objective : spec.objectives) header.push_back(objective.name);
  header.push_back("way");
  Table table(std::move(header));
  for (const FrontEntry& entry : outcome.front) {
    std::vector<std::string> row;
    for (const double weight : entry.weights) row.push_back(fmt::format("{:.4g}", weight));
    const Point& first = plan[entry.members.front()].point;
    row.push_back(entry.members.size() == 1 ? point_text(first) : way_text(first));
    table.add(std::move(row));
  }
  const std::size_t work = outcome.front.front().members.size();
  return fmt::format("Pareto front: {} ways, each of {} points; {} points simulated of {} possible\n\n",
                     outcome.front.size(), work, outcome.asked.size(), plan.size()) +
         table.text();
}

boost::json::object outcome_json(const SweepSpec& spec, const std::vector<PlannedPoint>& plan,
                                 const SweepOutcome& outcome, int workers, Database& database) {
  boost::json::array points, front;
  for (const StoredPoint& stored : sweep_points(plan, outcome, database))
    points.push_back(stored_point_json(stored));
  for (const FrontEntry& entry : outcome.front) {
    boost::json::object way;
    boost::json::array keys;
    for (const std::size_t member : entry.members) keys.emplace_back(plan[member].key);
    way["keys"] = std::move(keys);
    for (std::size_t i = 0; i < entry.weights.size(); ++i) way[spec.objectives[i].name] = entry.weights[i];
    front.emplace_back(std::move(way));
  }
  return {{"schema", "fp6sim-sweep-1"},
          {"program", program_version()},
          {"sweep", spec.name},
          {"possible", plan.size()},
          {"asked", outcome.asked.size()},
          {"stored_before", outcome.stored_before},
          {"computed", outcome.computed},
          {"failed", outcome.failed},
          {"lost", outcome.lost},
          {"interrupted", outcome.interrupted},
          {"seconds", outcome.seconds},
          {"simulation_seconds", outcome.simulation_seconds},
          {"workers", workers},
          {"front", std::move(front)},
          {"points", std::move(points)}};
}

void execute(const SweepArguments& arguments, Executor& executor, const SweepSpec& spec, const Space& space,
             const std::vector<PlannedPoint>& plan, Outcome& outcome) {
  Database database(arguments.database, Database::Access::kWrite, program_version());
  catch_interrupts();
  const SweepOutcome done = run_sweep(space, plan, database, executor);
  if (!arguments.csv.empty()) write_file(arguments.csv, sweep_csv(sweep_points(plan, done, database)));
  if (arguments.json) {
    print_json(outcome_json(spec, plan, done, executor.parallelism(), database));
  } else if (!done.front.empty()) {
    fmt::print("{}", front_text(spec, plan, done));
  }
  print_summary(spec, done, executor.parallelism(), arguments);
  if (done.interrupted) outcome.exit_code = kInterrupted;
}

}  // namespace

void add_sweep_command(CLI::App& app, Outcome& outcome) {
  auto* command =
      app.add_subcommand("sweep", "Simulate thousands of points into a database; resumes where it stopped");
  auto arguments = std::make_shared<SweepArguments>();
  command->add_option("file", arguments->file, "what to explore: a JSON file (docs/sweeps.md)")->required();
  command->add_option("--db", arguments->database, "results: an SQLite file, made where there is none")
      ->required();
  command
      ->add_option("--jobs", arguments->jobs,
                   "worker processes (default: one a processor; under mpirun: one a rank)")
      ->check(CLI::Range(1, 4096));
  command->add_flag("--yes", arguments->yes,
                    fmt::format("run it though it has more than {} points", kAskAbove));
  command->add_option("--csv", arguments->csv, "write the sweep's points as CSV as well");
  command->add_flag("--json", arguments->json, "one JSON document on standard output (docs/json.md)");
  command->footer(
      "What is in the database is not computed again. Ctrl-C, kill -9, a full disk: run the same command to "
      "go on.\n"
      "  fp6sim sweep sweeps/placement.json --db results.sqlite\n"
      "  mpirun -n 64 fp6sim sweep sweeps/placement.json --db results.sqlite   where this build has MPI\n"
      "Exit code 130: interrupted by Ctrl-C, with everything computed stored. Points at work are finished "
      "first; a "
      "second\nCtrl-C ends at once and loses those.");
  command->callback([arguments, &outcome] {
    // Every rank reads and judges the sweep, so that a bad one ends all of them alike; workers are forked
    // before MPI and SQLite start.
    const SweepSpec spec = read_sweep(arguments->file);
    const Space space(spec);
    const std::vector<PlannedPoint> plan = plan_sweep(space, arguments->yes);
    const auto folder = std::filesystem::path("." / std::filesystem::path(arguments->csv)).parent_path();
    if (!std::filesystem::is_directory(folder))
      throw Error("--csv " + arguments->csv + ": there is no folder " + folder.string());
    const bool under_mpi = launched_by_mpi();
    const int jobs = arguments->jobs > 0 ? arguments->jobs : under_mpi ? 1 : available_processors();
    WorkerPool pool(jobs, evaluate_text);
    if (!under_mpi) return execute(*arguments, pool, spec, space, plan, outcome);
    run_under_mpi(pool, [&](Executor& ranks) { execute(*arguments, ranks, spec, space, plan, outcome); });
  });
}

}  // namespace fp6sim::app
