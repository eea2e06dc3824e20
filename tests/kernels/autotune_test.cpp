// Autotuning with a fake timer, and its file: kept, merged, shared, and never harmed.
#include "kernels/autotune.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "kernels/fp6sim_tuning.h"

namespace fp6sim::kernels {
namespace {

const Gpu kH100{90, 132, 228 * 1024, 227 * 1024};

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Autotune : public testing::Test {
 protected:
  Autotune()
      : folder_(testing::TempDir() + "fp6sim_tuning_" + std::to_string(getpid()) + "_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()),
        file_(folder_ + "/tuning.json") {
    std::filesystem::create_directories(folder_);
  }
  ~Autotune() override { std::filesystem::remove_all(folder_); }

  static TuningKey key(std::int64_t n) { return {"a GPU", {}, {8192, 8192, n}, false}; }
  void write(const std::string& text) { std::ofstream(file_) << text; }

  std::string folder_, file_;
};

TEST_F(Autotune, CandidatesStartWithTheChoosersAndRepeatNone) {
  for (const int n : {1, 8, 40, 64, 500, 4000}) {
    for (const bool cublas : {false, true}) {
      const GemmShape shape{8192, 8192, n};
      RouteOptions options;
      options.cublas = cublas;
      Route chosen;
      ASSERT_TRUE(choose_route({}, shape, kH100, options, chosen).ok());
      std::vector<Route> candidates;
      ASSERT_TRUE(tuning_candidates({}, shape, kH100, cublas, candidates).ok());
      EXPECT_EQ(candidates.front().path, chosen.path);
      std::set<std::tuple<Path, int, int>> seen;
      std::set<int> tiles;
      bool has_cublas = false;
      for (const Route& route : candidates) {
        const bool fused = route.path == Path::kFused;
        EXPECT_TRUE(
            seen.insert({route.path, fused ? route.plan.tile_n : 0, fused ? route.plan.splits : 0}).second);
        if (fused) tiles.insert(route.plan.tile_n);
        has_cublas = has_cublas || route.path == Path::kCublas;
      }
      EXPECT_GE(candidates.size(), 2u);
      EXPECT_EQ(tiles.size(), n <= 8 ? 1u : 2u) << "batch " << n;
      if (!cublas || n == 1) {
        EXPECT_FALSE(has_cublas) << "batch " << n;
      } else if (n >= 500) {
        EXPECT_TRUE(has_cublas) << "batch " << n;
      }
    }
  }
}

TEST_F(Autotune, TakesTheFastestAndTimesItOnce) {
  TuningCache cache;
  int calls = 0;
  const TimeRoute timer = [&](const Route& route, double& microseconds) -> Status {
    ++calls;
    microseconds = route.plan.tile_n == 16 && route.plan.splits == 1 ? 5 : 50 + calls;
    return {};
  };
  Route route;
  ASSERT_TRUE(autotune(key(24), kH100, timer, cache, route).ok());
  EXPECT_EQ(route.path, Path::kFused);
  EXPECT_EQ(route.plan.tile_n, 16);
  EXPECT_EQ(route.plan.splits, 1);
  EXPECT_GT(calls, 3);
  const auto tuned = cache.find(key(24));
  ASSERT_TRUE(tuned.has_value());
  EXPECT_EQ(tuned->time_us, 5);
  EXPECT_EQ(tuned->timed, calls);
  const int before = calls;
  Route again;
  ASSERT_TRUE(autotune(key(24), kH100, timer, cache, again).ok());
  EXPECT_EQ(calls, before);
  EXPECT_EQ(again.plan.tile_n, 16);
  ASSERT_TRUE(choose_tuned_route(key(24), kH100, cache, again).ok());
  EXPECT_EQ(again.plan.splits, 1);
}

TEST_F(Autotune, ResultsAreOfOneGpuKernelAndShape) {
  TuningCache cache;
  cache.put(key(24), {Path::kDense, 32, 1, 9, 3});
  TuningKey other = key(24);
  EXPECT_TRUE(cache.find(other).has_value());
  other.gpu = "another GPU";
  EXPECT_FALSE(cache.find(other).has_value());
  other = key(24);
  other.cublas = true;
  EXPECT_FALSE(cache.find(other).has_value());
  other = key(24);
  other.spec = kernel_by_name("w6a16", "4+2");
  EXPECT_FALSE(cache.find(other).has_value());
  EXPECT_FALSE(cache.find(key(25)).has_value());
  Route route;
  ASSERT_TRUE(choose_tuned_route(key(24), kH100, cache, route).ok());
  EXPECT_EQ(route.path, Path::kDense);
  ASSERT_TRUE(choose_tuned_route(key(25), kH100, cache, route).ok());
  EXPECT_EQ(route.path, Path::kFused);
}

TEST_F(Autotune, PassesTheTimersErrorsOn) {
  TuningCache cache;
  Route route;
  const auto with = [&](Status status, double time) {
    return autotune(
        key(8), kH100,
        [&](const Route&, double& microseconds) {
          microseconds = time;
          return status;
        },
        cache, route);
  };
  EXPECT_EQ(with({StatusCode::kDeviceError, "out of memory"}, 1).message, "out of memory");
  EXPECT_NE(with({}, NAN).message.find("nan us"), std::string::npos);
  EXPECT_NE(with({}, -1).message.find("-1"), std::string::npos);
  EXPECT_NE(with({}, INFINITY).message.find("no candidate for w6a16"), std::string::npos);
  EXPECT_EQ(cache.size(), 0u);
  TuningKey bad = key(8);
  bad.shape.m = 0;
  EXPECT_EQ(autotune(bad, kH100, {}, cache, route).code, StatusCode::kBadShape);
}

TEST_F(Autotune, FileKeepsWhatWasMeasured) {
  TuningCache cache;
  ASSERT_TRUE(TuningCache::load(file_, cache).ok());  // none yet
  EXPECT_EQ(cache.size(), 0u);
  TuningKey odd = key(8);
  odd.gpu = "a \"GPU\" with \\ and \u00e9";
  odd.spec = kernel_by_name("w4a16-g64-zp");
  cache.put(odd, {Path::kCublas, 8, 3, 12.5, 7});
  cache.put(key(1), {Path::kFused, 8, 4, 3.25, 5});
  ASSERT_TRUE(cache.save(file_).ok());
  TuningCache read;
  const Status status = TuningCache::load(file_, read);
  ASSERT_TRUE(status.ok()) << status.message;
  EXPECT_EQ(read.size(), 2u);
  const auto tuned = read.find(odd);
  ASSERT_TRUE(tuned.has_value());
  EXPECT_EQ(tuned->path, Path::kCublas);
  EXPECT_EQ(tuned->tile_n, 8);
  EXPECT_EQ(tuned->splits, 3);
  EXPECT_EQ(tuned->time_us, 12.5);
  EXPECT_EQ(tuned->timed, 7);
}

TEST_F(Autotune, OtherVersionsEntriesStayAndAreNotFound) {
  TuningCache cache;
  cache.put(key(1), {Path::kFused, 8, 4, 3.25, 5});
  ASSERT_TRUE(cache.save(file_).ok());
  std::string text = text_of(file_);
  const std::size_t at = text.find("\"version\":\"");
  ASSERT_NE(at, std::string::npos);
  text.insert(at + 11, "9.");
  write(text);
  TuningCache later;
  ASSERT_TRUE(TuningCache::load(file_, later).ok());
  EXPECT_EQ(later.size(), 1u);
  EXPECT_FALSE(later.find(key(1)).has_value());
  ASSERT_TRUE(cache.save(file_).ok());
  ASSERT_TRUE(TuningCache::load(file_, later).ok());
  EXPECT_EQ(later.size(), 2u);
}

TEST_F(Autotune, RefusesOtherFilesAndLeavesThemAlone) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "tuning.json"},
      {"{\"format\": \"fp6sim-tuning-1\", \"entr", "tuning.json"},
      {"[1, 2]", "object"},
      {"{\"name\": \"a100\"}", "format"},
      {"{\"format\": \"fp6sim-tuning-9\", \"entries\": []}", "fp6sim-tuning-9"},
      {"{\"format\": \"fp6sim-tuning-1\", \"entries\": [{\"gpu\": 3}]}", "entries[0].gpu"},
  };
  for (const auto& [text, part] : cases) {
    write(text);
    TuningCache cache;
    cache.put(key(1), {Path::kFused, 8, 4, 3.25, 5});
    const Status status = TuningCache::load(file_, cache);
    EXPECT_EQ(status.code, StatusCode::kBadValue);
    EXPECT_NE(status.message.find(part), std::string::npos) << status.message;
    EXPECT_EQ(cache.size(), 1u);
    EXPECT_EQ(cache.save(file_).code, StatusCode::kBadValue);
    EXPECT_EQ(text_of(file_), text);
  }
  TuningCache cache;
  EXPECT_NE(cache.save(folder_ + "/no/such/folder/t.json").message.find("cannot create"), std::string::npos);
}

TEST_F(Autotune, WritersAtOnceLoseNothing) {
  constexpr int kWriters = 4, kEach = 6;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kEach; ++i) {
        TuningCache cache;
        cache.put(key(1 + writer * kEach + i), {Path::kFused, 8, 1, 1.0 * i, 1});
        EXPECT_TRUE(cache.save(file_).ok());
        TuningCache read;  // never half a file
        EXPECT_TRUE(TuningCache::load(file_, read).ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  TuningCache cache;
  ASSERT_TRUE(TuningCache::load(file_, cache).ok());
  EXPECT_EQ(cache.size(), static_cast<std::size_t>(kWriters * kEach));
}

TEST_F(Autotune, ThroughTheCAbi) {
  const fp6sim_gpu gpu{90, 132, 228 * 1024, 227 * 1024, 0};
  char text[200] = "";
  int calls = 0;
  const fp6sim_time_route timer = [](const fp6sim_route* route, void* user, double* microseconds) {
    ++*static_cast<int*>(user);
    *microseconds = route->path == FP6SIM_PATH_FUSED && route->plan.splits == 1 ? 1 : 2;
    return 0;
  };
  fp6sim_route route{};
  const auto tune = [&](const char* file, const char* kernel, fp6sim_time_route time) {
    return fp6sim_autotune(file, "a GPU", kernel, nullptr, FP6SIM_FP16, 4096, 4096, 4, &gpu, nullptr, time,
                           &calls, &route, {text, sizeof text});
  };
  ASSERT_EQ(tune(file_.c_str(), "w6a16", timer), FP6SIM_OK) << text;
  EXPECT_EQ(route.plan.splits, 1);
  EXPECT_GT(calls, 1);
  const int before = calls;
  ASSERT_EQ(tune(file_.c_str(), "w6a16", timer), FP6SIM_OK) << text;
  ASSERT_EQ(tune(file_.c_str(), "w6a16", nullptr), FP6SIM_OK) << text;
  EXPECT_EQ(calls, before);
  EXPECT_EQ(route.plan.splits, 1);
  EXPECT_EQ(tune(nullptr, "w6a16", timer), FP6SIM_BAD_POINTER);
  EXPECT_EQ(tune(file_.c_str(), "w7a16", timer), FP6SIM_BAD_VALUE);
  EXPECT_NE(std::strstr(text, "w7a16"), nullptr);
  write("not JSON");
  EXPECT_EQ(tune(file_.c_str(), "w6a16", timer), FP6SIM_BAD_VALUE);
  EXPECT_NE(std::strstr(text, "tuning.json"), nullptr) << text;
  const fp6sim_time_route failing = [](const fp6sim_route*, void*, double*) { return 5; };
  EXPECT_EQ(tune((file_ + "2").c_str(), "w6a16", failing), FP6SIM_BAD_VALUE);
  EXPECT_NE(std::strstr(text, "with 5"), nullptr) << text;
}

}  // namespace
}  // namespace fp6sim::kernels
