// The parts of sweeps and comparisons that are plain functions, against brute force.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>

#include "app/compare/error_statistics.h"
#include "app/point/overrides.h"
#include "app/sweep/database.h"
#include "app/sweep/expression.h"
#include "app/sweep/pareto_search.h"
#include "app/workers/worker_pool.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

bool holds(const std::string& text) {
  return Expression::parse(text, {"batch", "gpu", "gpu.l2.size_mb", "lanes"})
      .holds([](std::string_view name) -> bj::value {
        if (name == "batch") return 8;
        if (name == "lanes") return nullptr;
        if (name == "gpu") return "h100-sxm";
        return 37.5;
      });
}

TEST(Expression, FollowsItsGrammar) {
  for (const char* text :
       {"batch == 8", "batch*2 + 1 == 17", "batch - 2 - 3 == 3", "1 + 2 * 3 == 7", "(1 + 2) * 3 == 9",
        "8 / 4 / 2 == 1", "gpu == 'h100-sxm'", "gpu != 'a100'", "not batch < 8",
        "batch < 3 or batch > 7 and true", "not (batch == 8 and gpu == 'x')", "gpu.l2.size_mb > 37",
        "-batch < -7", "true == true", "not not true", "lanes == null", "batch != null",
        "(lanes == null) == true"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
  for (const char* text :
       {"batch != 8", "true and false or false", "batch > 8 or gpu.l2.size_mb < 1", "not true"}) {
    EXPECT_FALSE(holds(text)) << text;
  }
  for (const char* text :
       {"", "batch", "batch <", "(batch == 8", "batch == 8)", "bach == 8", "gpu < 'z'", "gpu == 8",
        "batch / 0 > 1", "lanes > 3", "'open", "1 < 2 < 3", "batch = 8", "1x == 1", "and", "batch == 8 8"}) {
    EXPECT_THROW(holds(text), Error) << text;
  }
  EXPECT_THROW(holds(std::string(10'000, '(')), Error);
  EXPECT_THROW(holds(std::string(10'000, '-') + "1 < 2"), Error);
}

TEST(Overrides, ReplaceValuesAndKeepSources) {
  bj::value document =
      bj::parse(R"({"l2":{"size_mb":{"value":40,"source":"s"}},"tiles":[{"stages":2},{"stages":3}],
    "name":"x"})");
  replace_field(document, "l2.size_mb", 80, "GPU");
  replace_field(document, "tiles[1].stages", 4, "GPU");
  replace_field(document, "name", "y", "GPU");
  EXPECT_EQ(document,
            bj::parse(R"({"l2":{"size_mb":{"value":80,"source":"s"}},"tiles":[{"stages":2},{"stages":4}],
    "name":"y"})"));
  EXPECT_THROW(replace_field(document, "l2", 1, "GPU"), Error);
  EXPECT_THROW(replace_field(document, "tiles[2].stages", 1, "GPU"), Error);
  EXPECT_THROW(replace_field(document, "name", 1, "GPU"), Error);
}

TEST(Pareto, FrontIsWhatNothingDominates) {
  std::mt19937_64 bits(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::vector<double>> rows(30, std::vector<double>(3));
    for (auto& row : rows) {
      for (double& x : row) x = static_cast<double>(bits() % 6);
    }
    const auto front = pareto_front(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      bool beaten = false;
      for (const auto& other : rows) {
        bool no_worse = true, better = false;
        for (int d = 0; d < 3; ++d) {
          no_worse &= other[d] <= rows[i][d];
          better |= other[d] < rows[i][d];
        }
        beaten |= no_worse && better;
      }
      EXPECT_EQ(std::find(front.begin(), front.end(), i) == front.end(), beaten);
    }
  }
}

/// A made-up GPU: 5 x 4 x 5 x 4 x 5 = 2000 designs with the shape of the real objectives (the slowest part
/// decides the time; area and energy add up).
std::vector<double> made_up(const std::vector<int>& at, int variant) {
  const double lanes = 32 << at[0], l2 = 20 * (1 + at[1]), clock = 1 + 0.1 * at[2], channels = 32 + 8 * at[3];
  const double expand = variant * 30 / (lanes * clock) + 1.0 / (1 + at[4]);
  const double memory = 64 / channels * (1 + 1 / l2);
  const double time = std::max(expand, memory) + 0.2 * std::min(expand, memory);
  const double energy = 1 + 0.3 * clock * clock * at[4] + 0.01 * channels + 0.002 * lanes;
  const double area = 0.01 * lanes + 0.05 * l2 + 0.1 * at[4];
  return {std::log(time), std::log(energy), area};
}

/// Two objectives only simulating tells.
ParetoSearch::KnownBefore unknown(std::size_t candidates) {
  return {candidates, std::vector<double>(2, std::numeric_limits<double>::quiet_NaN())};
}

TEST(Pareto, SearchFindsTheTrueFrontWithAQuarterOfTheRuns) {
  std::vector<std::vector<int>> locations;
  for (int i = 0; i < 2000; ++i) locations.push_back({i % 5, i / 5 % 4, i / 20 % 5, i / 100 % 4, i / 400});
  for (int variant = 1; variant <= 3; ++variant) {
    // Two objectives: fronts of three fill a large part of such a grid, and no search can leave out a front's
    // points.
    std::vector<std::vector<double>> truth;
    for (const auto& at : locations) {
      const auto all = made_up(at, variant);
      truth.push_back({all[0], variant == 2 ? all[2] : all[1]});
    }
    ParetoSearch search(locations, {true, true, true, true, true}, unknown(2000), 500, 16, 1);
    for (auto batch = search.next(); !batch.empty(); batch = search.next()) {
      for (const std::size_t i : batch) search.tell(i, truth[i]);
    }
    std::vector<std::size_t> front = search.front();
    EXPECT_LE(search.known(), 500u);
    EXPECT_EQ(front, pareto_front(truth)) << "variant " << variant << " with " << search.known() << " runs";
  }
}

/// tests/app/front_grid.csv: what the simulator said of every way in sweeps/front.json (as a grid; sums over
/// its layers and batches), in the grid's order.
TEST(Pareto, SearchFindsTheSimulatorsFrontOfFourObjectivesWithAQuarterOfTheRuns) {
  std::ifstream table(FP6SIM_SOURCE "/tests/app/front_grid.csv");
  std::vector<std::vector<int>> locations;
  ParetoSearch::KnownBefore known;
  std::vector<std::vector<double>> truth;
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  double time = 0, energy = 0, area = 0, quality = 0;
  char comma = 0;
  const auto rounded_log = [](double x) { return std::round(std::log(x) * 1e4) / 1e4; };
  for (int i = 0; i < 4 * 6 * 7 * 16; ++i) {
    const int design = i / (7 * 16) % 6, lanes = i / 16 % 7;
    if ((design == 0) != (lanes == 0)) continue;  // only instructions have no lanes
    ASSERT_TRUE(table >> time >> comma >> energy >> comma >> area >> comma >> quality) << i;
    locations.push_back({i / (6 * 7 * 16), design, lanes, i / 8 % 2, i / 2 % 4, i % 2});
    known.push_back({unknown, unknown, area, -quality});
    truth.push_back({rounded_log(time), rounded_log(energy), area, -quality});
  }
  ASSERT_EQ(truth.size(), 1984u);
  const auto front = pareto_front(truth);
  EXPECT_GT(front.size(), 20u);
  ParetoSearch search(locations, {false, false, true, true, true, true}, known, 496, 4, 1);
  for (auto batch = search.next(); !batch.empty(); batch = search.next()) {
    for (const std::size_t i : batch) search.tell(i, truth[i]);
  }
  EXPECT_LE(search.known(), 496u);
  EXPECT_EQ(search.front(), front) << search.known() << " runs";
}

TEST(Pareto, WhatIsKnownBeforeIsNotGuessed) {
  // The second objective is the candidate's kind; within a kind the first decides, so a front has one point a
  // kind.
  std::vector<std::vector<int>> locations;
  ParetoSearch::KnownBefore known;
  std::vector<std::vector<double>> truth;
  for (int i = 0; i < 500; ++i) {
    locations.push_back({i % 10, i / 10 % 10, i / 100});
    const double kind = locations.back()[2];
    known.push_back({std::numeric_limits<double>::quiet_NaN(), -kind});
    truth.push_back({kind + 0.3 * locations.back()[0] + 0.1 * std::abs(locations.back()[1] - 6), -kind});
  }
  ParetoSearch search(locations, {true, true, false}, known, 125, 8, 1);
  for (auto batch = search.next(); !batch.empty(); batch = search.next()) {
    for (const std::size_t i : batch) search.tell(i, truth[i]);
  }
  EXPECT_EQ(search.front(), pareto_front(truth)) << search.known() << " runs";
}

TEST(Pareto, SearchSurvivesFailures) {
  std::vector<std::vector<int>> locations;
  for (int i = 0; i < 60; ++i) locations.push_back({i % 10, i / 10});
  ParetoSearch search(locations, {true, false}, unknown(60), 60, 4, 2);
  for (auto batch = search.next(); !batch.empty(); batch = search.next()) {
    for (const std::size_t i : batch) {
      i % 3 == 0 ? search.tell_failed(i)
                 : search.tell(i, {static_cast<double>(i), static_cast<double>(60 - i % 7)});
    }
  }
  for (const std::size_t i : search.front()) EXPECT_NE(i % 3, 0u);
}

TEST(ErrorStatistics, BestConstantIsTheBest) {
  std::mt19937_64 bits(3);
  for (int round = 0; round < 40; ++round) {
    std::vector<ErrorSample> samples;
    for (int i = 0; i < 3 + round % 9; ++i) {
      samples.push_back(
          {1, 1 + static_cast<double>(bits() % 100) / 30, "g", 1 + static_cast<double>(bits() % 5)});
    }
    double best = INFINITY;
    for (int step = 1; step < 60'000; ++step) {
      const double constant = step * 1e-4;
      double error = 0;
      for (const auto& s : samples) error += std::abs(constant * s.yardstick / s.measured - 1);
      best = std::min(best, 100 * error / static_cast<double>(samples.size()));
    }
    const auto found = error_statistics(samples).constant_mean_abs_pct;
    ASSERT_TRUE(found);
    EXPECT_LE(*found, best + 1e-9);
    EXPECT_NEAR(*found, best, 0.05);
  }
  EXPECT_FALSE(error_statistics({{1, 2, "g", 1}, {1, 2, "g", 1}}).constant_mean_abs_pct);  // a group of two
}

TEST(ErrorStatistics, ByHand) {
  std::vector<ErrorSample> samples;
  for (int i = 1; i <= 11; ++i) samples.push_back({100.0 + (i % 2 ? i : -i), 100, "g", 1});
  const ErrorStatistics s = error_statistics(samples);
  EXPECT_NEAR(s.mean_abs_pct, 6, 1e-9);
  EXPECT_NEAR(s.p90_abs_pct, 10, 1e-9);
  EXPECT_NEAR(s.worst_abs_pct, 11, 1e-9);
}

TEST(Database, AFileKeptLockedIsGivenUpAndSaysWhatIsSafe) {
  const std::filesystem::path file =
      ::testing::TempDir() + "fp6sim_locked_" + std::to_string(::getpid()) + ".sqlite";
  using std::chrono::milliseconds;
  Database first(file, Database::Access::kWrite, "p", milliseconds(50));
  Database second(file, Database::Access::kWrite, "p", milliseconds(50));
  StoredPoint point;
  point.key = "k";
  first.store(point);
  first.begin();  // and does not commit
  point.key = "l";
  try {
    second.store(point);
    FAIL() << "stored beside a writer";
  } catch (const Error& error) {
    for (const char* part : {"locked for 0.05 s", "run again to go on"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
  first.commit();
  second.store(point);
  EXPECT_TRUE(first.contains("k") && first.contains("l"));
  std::filesystem::remove(file);
}

TEST(WorkerPool, ADeadWorkersTaskIsGivenToAnother) {
  // "die once" leaves a mark the first time; "die" ends every worker that takes it.
  const std::string mark = ::testing::TempDir() + "fp6sim_died_" + std::to_string(::getpid());
  WorkerPool pool(2, [mark](const std::string& request) -> std::string {
    if (request == "throw") throw Error("no");
    if (request == "die") ::raise(SIGKILL);
    if (request == "die once" && ::access(mark.c_str(), F_OK) != 0) {
      std::fclose(std::fopen(mark.c_str(), "w"));
      ::raise(SIGSEGV);
    }
    return request + "!";
  });
  const std::vector<std::string> requests = {
      "a", "die once", "throw", "b", "die", "c", std::string(3'000'000, 'x')};
  std::vector<Reply> replies(requests.size());
  std::size_t next = 0;
  pool.run(
      [&]() -> std::optional<Task> {
        if (next == requests.size()) return std::nullopt;
        const std::size_t id = next++;
        return Task{id, requests[id], 0};
      },
      [&](const Task& task, const Reply& reply) { replies[task.id] = reply; });
  ::unlink(mark.c_str());
  for (const std::size_t i : {0, 1, 3, 5, 6}) {
    EXPECT_TRUE(replies[i].done) << i;
    EXPECT_EQ(replies[i].text, requests[i] + "!");
  }
  EXPECT_EQ(replies[2].text, "no");
  EXPECT_FALSE(replies[2].lost);
  EXPECT_TRUE(replies[4].lost);
  EXPECT_NE(replies[4].text.find("Killed"), std::string::npos) << replies[4].text;
}

}  // namespace
}  // namespace fp6sim::app
