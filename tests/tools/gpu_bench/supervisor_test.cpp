// What crashes or hangs is given up; the rest is measured.
#include "tools/gpu_bench/supervisor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/tools/gpu_bench/fake_device.h"
#include "tools/gpu_bench/worker.h"

namespace fp6sim::bench {
namespace {

const std::vector<Layer> kLayers{{"llama-65b", "down", 8192, 22016}};

class Supervisor : public testing::Test {
 protected:
  Supervisor()
      : folder_(testing::TempDir() + "fp6sim_supervisor_" + std::to_string(getpid()) + "_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    options_.out = folder_;
    options_.batches = {1, 8};
    options_.kernels = {"w6a16", "w4a16-g128"};
    options_.item_limit_s = 3;
  }
  ~Supervisor() override { std::filesystem::remove_all(folder_); }

  /// A whole run with devices that `prepare` has changed.
  int run(const std::function<void(FakeDevice&)>& prepare) {
    const auto begin = std::chrono::steady_clock::now();
    const Session session{options_, kLayers, "2026-01-02", "", begin};
    return supervise(options_, [&](const Announcer& announcer, bool first) {
      options_.retry = options_.retry && first;
      run_worker(session, announcer, [&](const Options&) {
        auto device = std::make_unique<FakeDevice>();
        prepare(*device);
        return device;
      });
    });
  }
  /// The same with one that does `act` before the item `key`.
  int run(const std::string& key, const std::function<void()>& act) {
    return run([&](FakeDevice& device) {
      device.before = [&](const std::string& now) {
        if (now == key) act();
      };
    });
  }
  std::string json() const {
    std::ifstream in(folder_ + "/nvidia-fake-80gb-2026-01-02.json");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void expect_all_but(const std::string& key, const std::string& why) const {
    const std::string text = json();
    EXPECT_NE(text.find("\"" + key + "\": \"" + why), std::string::npos) << text;
    EXPECT_NE(
        text.find("\"kernel\": \"w4a16-g128\", \"split\": \"packed4\", \"path\": \"fused\", \"m\": 8192, "
                  "\"k\": 22016, \"batch\": 8"),
        std::string::npos);
  }

  Options options_;
  std::string folder_;
  const std::string item_ = "time w6a16 4+2-byte fused 8192 22016 1";
};

TEST_F(Supervisor, GoesOnAfterACrash) {
  EXPECT_EQ(run(item_, [] { raise(SIGKILL); }), kSomeFailed);
  expect_all_but(item_, "ended by Killed");
}

TEST_F(Supervisor, GoesOnAfterAHang) {
  EXPECT_EQ(run(item_, [] { sleep(600); }), kSomeFailed);
  expect_all_but(item_, "took more than 3 s");
}

TEST_F(Supervisor, GoesOnAfterAnError) {
  EXPECT_EQ(run(item_, [] { throw Error("an illegal instruction was encountered"); }), kSomeFailed);
  expect_all_but(item_, "an illegal instruction");
}

TEST_F(Supervisor, GoesOnAfterMoreFailuresThanItWouldTakeInARow) {
  for (int batch = 11; batch < 61; ++batch) options_.batches.push_back(batch);
  int failures = 0;
  EXPECT_EQ(run([&](FakeDevice& device) {
              device.before = [](const std::string& now) {
                if (now.starts_with("time w6a16 4+2-byte ")) throw Error("too many resources requested");
              };
              device.at_end = [&] { raise(SIGKILL); };  // and cleaning up crashes too
            }),
            kSomeFailed);
  const std::string text = json();
  for (std::size_t at = text.find("too many resources"); at != std::string::npos;
       at = text.find("too many resources", at + 1)) {
    ++failures;
  }
  EXPECT_EQ(failures, 52);
  expect_all_but(item_, "too many resources");
}

TEST_F(Supervisor, RetriesAllThatFailedThoughTheFirstFailsAgain) {
  const auto fail = [](const std::string& prefix) {
    return [prefix](FakeDevice& device) {
      device.before = [prefix](const std::string& now) {
        if (now.starts_with(prefix)) throw Error("an illegal address");
      };
    };
  };
  EXPECT_EQ(run(fail("time w6a16 4+2-byte")), kSomeFailed);
  EXPECT_NE(json().find("8192 22016 8\": \"an illegal address"), std::string::npos);
  options_.retry = true;
  EXPECT_EQ(run(fail(item_)), kSomeFailed);  // batch 1 fails again, and its worker ends
  expect_all_but(item_, "an illegal address");
  EXPECT_EQ(json().find("8192 22016 8\": \"an illegal address"), std::string::npos);
}

TEST_F(Supervisor, GivesUpWhereNothingWorks) {
  for (int batch = 11; batch < 61; ++batch) options_.batches.push_back(batch);
  EXPECT_EQ(run([&](FakeDevice& device) {
              device.before = [](const std::string&) { throw Error("unspecified launch failure"); };
            }),
            kUnusable);
}

TEST_F(Supervisor, EndsWhereThereIsNoDevice) {
  const auto begin = std::chrono::steady_clock::now();
  const Session session{options_, kLayers, "2026-01-02", "", begin};
  int starts = 0;
  EXPECT_EQ(supervise(options_,
                      [&](const Announcer& announcer, bool first) {
                        EXPECT_EQ(first, starts == 0);
                        run_worker(session, announcer, [](const Options&) -> std::unique_ptr<Device> {
                          throw Error("no usable GPU");
                        });
                      }),
            kUnusable);
  EXPECT_EQ(supervise(options_, [](const Announcer&, bool) { raise(SIGKILL); }), kUnusable);
}

}  // namespace
}  // namespace fp6sim::bench
