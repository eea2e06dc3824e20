// gpu_bench's host logic on a device that is not there: order of work, journal, report, options.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/tools/gpu_bench/fake_device.h"
#include "tools/gpu_bench/journal.h"
#include "tools/gpu_bench/ncu.h"
#include "tools/gpu_bench/options.h"
#include "tools/gpu_bench/report.h"
#include "tools/gpu_bench/worker.h"

namespace fp6sim::bench {
namespace {

const std::vector<Layer> kLayers{{"opt-30b", "fc1", 28672, 7168},
                                 {"llama-65b", "qkv", 24576, 8192},
                                 {"llama-65b", "down", 8192, 22016},
                                 {"other", "same_as_down", 8192, 22016}};

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Bench : public testing::Test {
 protected:
  Bench()
      : folder_(testing::TempDir() + "fp6sim_bench_" + std::to_string(getpid()) + "_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    options_.out = folder_;
    options_.batches = {1, 8, 128};
    options_.kernels = {"w6a16", "w4a16-g128"};
  }
  ~Bench() override { std::filesystem::remove_all(folder_); }

  int run(std::function<void(FakeDevice&)> prepare = {}, const char* date = "2026-01-02") {
    const Session session{options_, kLayers, date, "/bin/gpu_bench", begin_};
    return run_worker(session, Announcer(null_), [&](const Options&) {
      auto device = std::make_unique<FakeDevice>();
      device->before = [this](const std::string& key) { asked_.push_back(key); };
      if (prepare) prepare(*device);
      return device;
    });
  }
  std::string stem() const { return folder_ + "/nvidia-fake-80gb-2026-01-02"; }

  Options options_;
  std::string folder_;
  std::vector<std::string> asked_;
  int null_ = -1;  // a pipe nobody reads
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

TEST_F(Bench, WorksInTheOrderOfInterest) {
  options_.kernels.clear();
  const auto items = plan_work(options_, kLayers, true);
  std::set<std::string> keys;
  std::size_t checks = 0, micro = 0, first_opt = items.size(), first_variant = items.size();
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_TRUE(keys.insert(items[i].key).second) << items[i].key;
    if (items[i].kind == Item::Kind::kCheck) ++checks;
    if (items[i].kind == Item::Kind::kKernel) {  // what a time rests on has been checked before
      EXPECT_TRUE(keys.contains(check_key(items[i].spec, part_of(items[i].path, items[i].batch))));
    }
    if (items[i].kind == Item::Kind::kMicro) micro = i;
    if (items[i].m == 28672) first_opt = std::min(first_opt, i);
    if (items[i].kind == Item::Kind::kKernel && items[i].spec.split == emu::Split::k2Plus4)
      first_variant = std::min(first_variant, i);
  }
  EXPECT_EQ(checks, 3 * kernels::kernel_specs().size());
  EXPECT_EQ(items[0].key, "check w6a16 4+2-byte fp16 few tokens");
  EXPECT_EQ(items[12].key, "time cublas-fp16 cublas 24576 8192 1");  // four kernels in three parts before
  EXPECT_LT(micro, first_opt);
  EXPECT_LT(first_opt, first_variant);
  EXPECT_TRUE(keys.contains("time w6a16 4+2-byte cublas 8192 22016 128"));
  EXPECT_FALSE(keys.contains("time w6a16 4+2-byte cublas 8192 22016 8"));
  for (const Item& item : plan_work(options_, kLayers, false)) {
    EXPECT_NE(item.kind, Item::Kind::kCublas);
    EXPECT_NE(item.path, kernels::Path::kCublas);
  }
}

TEST_F(Bench, MeasuresReportsAndHasNothingLeftToDo) {
  EXPECT_EQ(run(), kAllDone);
  const std::string csv = text_of(stem() + ".csv");
  EXPECT_EQ(csv[0], '#');
  EXPECT_NE(csv.find("cuBLAS 990000"), std::string::npos);
  EXPECT_NE(csv.find("\nllama-65b,down,8192,22016,8,w6a16,4+2-byte,2."), std::string::npos) << csv;
  EXPECT_NE(csv.find("\nother,same_as_down,8192,22016,8,w6a16,4+2-byte,2."), std::string::npos);
  EXPECT_NE(csv.find(",w6a16-via-cublas,"), std::string::npos);
  EXPECT_NE(csv.find("\nllama-65b,qkv,24576,8192,1,cublas-fp16,,,"), std::string::npos);
  const std::string json = text_of(stem() + ".json");
  for (const char* part :
       {"\"name\": \"latency_a\", \"unit\": \"cycles\", \"value\": 30.5", "\"cublas\": \"990000\"",
        "\"bandwidth_of_reduction_pct\": 90", "\"failed\": {}"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part;
  }
  asked_.clear();
  EXPECT_EQ(run({}, "2026-01-03"), kAllDone);  // another day, the same run
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(text_of(stem() + ".csv"), csv);
}

TEST_F(Bench, WithoutCublasItsColumnIsEmptyAndTheReasonGiven) {
  EXPECT_EQ(run([](FakeDevice& device) { device.cublas = false; }), kAllDone);
  const std::string csv = text_of(stem() + ".csv");
  EXPECT_NE(csv.find("cuBLAS none: not found"), std::string::npos);
  EXPECT_NE(csv.find("\nllama-65b,down,8192,22016,8,w6a16,4+2-byte,,"), std::string::npos) << csv;
  EXPECT_EQ(csv.find("cublas-fp16"), std::string::npos);
}

TEST_F(Bench, TimesNoKernelThatDiffers) {
  const std::string bad = check_key(kernels::kernel_by_name("w6a16"), CheckPart::kMany);
  EXPECT_EQ(run([&](FakeDevice& device) { device.differs = bad; }), kSomeFailed);
  for (const std::string& key : asked_) {
    EXPECT_FALSE(key.starts_with("time w6a16 4+2-byte fused") && key.ends_with(" 128")) << key;
  }
  const std::string csv = text_of(stem() + ".csv");
  EXPECT_NE(csv.find(",8,w6a16,"), std::string::npos);  // the parts that are equal are timed
  EXPECT_NE(csv.find(",128,w6a16-via-dense,"), std::string::npos);
  EXPECT_NE(csv.find(",128,w4a16-g128,"), std::string::npos);
  EXPECT_EQ(csv.find(", 2 kernels equal"), std::string::npos);
  EXPECT_NE(csv.find(" kernels equal to the emulator"), std::string::npos);
  EXPECT_NE(text_of(stem() + ".json").find("is 0x1234, emu has 0x1235"), std::string::npos);
}

TEST_F(Bench, StopsAtTheTimeLimitAndGoesOn) {
  options_.time_limit_s = 60;
  begin_ -= std::chrono::seconds(50);
  EXPECT_EQ(run([this](FakeDevice& device) {
              const auto own = device.before;
              device.before = [this, own](const std::string& key) {
                own(key);
                if (asked_.size() == 7) begin_ -= std::chrono::seconds(20);  // the clock, put forward
              };
            }),
            kOutOfTime);
  EXPECT_EQ(asked_.size(), 7u);
  options_.time_limit_s = 0;
  EXPECT_EQ(run(), kAllDone);
  EXPECT_EQ(std::set(asked_.begin(), asked_.end()).size(), asked_.size());  // nothing twice
}

TEST_F(Bench, GoesOnAfterAnErrorAndAfterALineCutShort) {
  const std::string bad = "time w6a16 4+2-byte fused 24576 8192 8";
  const auto fail = [&](FakeDevice& device) {
    const auto own = device.before;
    device.before = [own, bad](const std::string& key) {
      own(key);
      if (key == bad) throw Error("an illegal memory access was encountered");
    };
  };
  EXPECT_EQ(run(fail), kStartAgain);
  std::ofstream(stem() + ".journal", std::ios::app) << "row\ttime w4a16-g128 pac";
  EXPECT_EQ(run(fail), kSomeFailed);
  EXPECT_EQ(std::count(asked_.begin(), asked_.end(), bad), 1);
  EXPECT_NE(text_of(stem() + ".json").find("illegal memory access"), std::string::npos);
  asked_.clear();
  EXPECT_EQ(run(fail), kSomeFailed);
  EXPECT_TRUE(asked_.empty());
  options_.retry = true;
  EXPECT_EQ(run(), kAllDone);
  EXPECT_EQ(asked_, std::vector{bad});
  EXPECT_NE(text_of(stem() + ".json").find("\"failed\": {}"), std::string::npos);
}

TEST_F(Bench, GoesOnInOneProcessWhereTheDeviceSurvives) {
  const std::string bad = "time w6a16 4+2-byte fused 24576 8192 8";
  EXPECT_EQ(run([&](FakeDevice& device) {
              const auto own = device.before;
              device.survives = true;
              device.before = [own, bad](const std::string& key) {
                own(key);
                if (key == bad) throw Error("out of memory");
              };
            }),
            kSomeFailed);
  EXPECT_EQ(std::set(asked_.begin(), asked_.end()).size(), asked_.size());
  EXPECT_NE(text_of(stem() + ".json").find("\"" + bad + "\": \"out of memory\""), std::string::npos);
}

TEST_F(Bench, OtherSettingsAreAnotherRun) {
  EXPECT_EQ(run(), kAllDone);
  const std::string before = text_of(stem() + ".csv");
  options_.warm_l2 = true;
  asked_.clear();
  EXPECT_EQ(run(), kAllDone);
  EXPECT_FALSE(asked_.empty());
  EXPECT_EQ(text_of(stem() + ".csv"), before);
  EXPECT_NE(text_of(stem() + "-2.csv").find(",warm"), std::string::npos);
  options_.fresh = true;
  EXPECT_EQ(run(), kAllDone);
  EXPECT_TRUE(std::filesystem::exists(stem() + "-3.csv"));
}

TEST_F(Bench, LeavesNcusCommandsWhereItIsNotInstalled) {
  options_.ncu = true;
  options_.kernels = {"w6a16"};
  if (!find_ncu().empty()) GTEST_SKIP() << "ncu is installed here";
  EXPECT_EQ(run(), kAllDone);
  const std::string commands = text_of(stem() + ".ncu.sh");
  EXPECT_NE(commands.find("--metrics dram__bytes.sum,"), std::string::npos) << commands;
  EXPECT_NE(commands.find("'/bin/gpu_bench' --once w6a16,4+2-byte,8192,22016,8"), std::string::npos)
      << commands;
}

TEST(Ncu, ReadsTheRawPage) {
  const auto counters = parse_ncu(
      "==PROF== Connected to process 7\n"
      "\"ID\",\"Process ID\",\"Kernel Name\",\"dram__bytes.sum\",\"lts__t_sector_hit_rate.pct\"\n"
      "\"\",\"\",\"\",\"byte\",\"%\"\n"
      "\"0\",\"7\",\"gemm_ampere(GemmParameters, int)\",\"135,270,400\",\"12.5\"\n");
  EXPECT_EQ(counters, (std::map<std::string, double>{{"dram_bytes", 135270400.0}, {"l2_hit_pct", 12.5}}));
  try {
    parse_ncu("==ERROR== ERR_NVGPUCTRPERM - The user does not have permission\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("ERR_NVGPUCTRPERM"), std::string::npos);
  }
}

TEST(Journal, LinesRoundTrip) {
  Results results;
  const Row row{"w6a16", "4+2-byte", "fused", 8192, 22016, 8, 16, 3, {71.25, 0.5}, 1.35e8, 60.125, 1755};
  for (const std::string& line :
       {line_of("time a", row), line_of("micro b", std::vector<Metric>{{"x", "GB/s", 2.5}}),
        line_of_check("check c", 77), line_of_failure("time d", "why\tand\nwhere"),
        line_of_failure("time f", "hung"), line_of_retry("time f"),
        line_of_counters("counters e", {{"dram_bytes", 5}})}) {
    EXPECT_TRUE(add_line(line, results)) << line;
    Results none;
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
      EXPECT_FALSE(add_line(line.substr(0, cut), none)) << line.substr(0, cut);
    }
  }
  EXPECT_EQ(results.rows.at("time a").time.median_us, 71.25);
  EXPECT_EQ(results.rows.at("time a").splits, 3);
  EXPECT_EQ(results.metrics.at("micro b").at(0).value, 2.5);
  EXPECT_EQ(results.checked.at("check c"), 77);
  EXPECT_EQ(results.failed.at("time d"), "why and where");
  EXPECT_FALSE(results.has("time f"));
  EXPECT_EQ(results.counters.at("counters e").at("dram_bytes"), 5);
}

TEST(Options, SayWhatIsWrong) {
  const auto refusal = [](const std::vector<std::string>& arguments) {
    try {
      std::optional<Once> once;
      parse_options(arguments, kLayers, once);
      return std::string("accepted");
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_NE(refusal({"--batch", "0"}).find("--batch 0: a whole number"), std::string::npos);
  EXPECT_NE(refusal({"--batch", "8x"}).find("8x"), std::string::npos);
  EXPECT_NE(refusal({"--repeats"}).find("needs a value"), std::string::npos);
  EXPECT_NE(refusal({"--workload", "llama-66b"}).find("known are opt-30b llama-65b other"),
            std::string::npos);
  EXPECT_NE(refusal({"--kernel", "w7a16"}).find("w7a16"), std::string::npos);
  EXPECT_NE(refusal({"--once", "w6a16,4+2,64"}).find("KERNEL,SPLIT,M,K,N"), std::string::npos);
  EXPECT_NE(refusal({"--speed"}).find("unknown option '--speed'"), std::string::npos);
  EXPECT_EQ(refusal({"--batch", "1,64", "--time-limit", "480", "--ncu", "--retry", "--autotune", "t.json"}),
            "accepted");
}

/// What the bench writes is what compare reads.
TEST_F(Bench, CompareTakesItsCsv) {
  if (!std::filesystem::exists(FP6SIM_BINARY)) GTEST_SKIP() << "no command line in this build";
  options_.batches = {8};
  EXPECT_EQ(run(), kAllDone);
  std::FILE* pipe = popen(
      (std::string(FP6SIM_BINARY) + " compare " + stem() + ".csv --gpu a100-sxm-40g --json 2>&1").c_str(),
      "r");
  ASSERT_NE(pipe, nullptr);
  std::string text(1 << 20, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe));
  EXPECT_EQ(pclose(pipe), 0) << text;
  for (const char* part : {"\"overall\"", "\"w6a16\"", "\"w4a16-g128\"", "mean_abs_error_pct"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace fp6sim::bench
