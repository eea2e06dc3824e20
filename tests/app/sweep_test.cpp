// Sweeps: what they refuse, and what they survive.
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "tests/app/support/sweep_fixture.h"

namespace fp6sim::app {
namespace {

TEST_F(Sweep, ComputesOnceAndExports) {
  write_small();
  const std::string csv = (folder_ / "r.csv").string();
  const bj::object first = json_of("--csv " + as_word(csv));
  EXPECT_EQ(first.at("computed").to_number<int>(), 24);
  EXPECT_EQ(first.at("points").as_array().size(), 24u);
  EXPECT_EQ(first.at("failed").to_number<int>(), 0);
  const std::string table = text_of(csv);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 25);
  EXPECT_NE(table.find("gpu.l2.size_mb"), std::string::npos);
  const bj::object second = json_of();
  EXPECT_EQ(second.at("computed").to_number<int>(), 0);
  EXPECT_EQ(second.at("stored_before").to_number<int>(), 24);
  EXPECT_EQ(second.at("points"), first.at("points"));
  const ProgramRun report = run_program("report " + db_ + " -o " + as_word(folder_ / "r.html"));
  EXPECT_EQ(report.exit_code, 0) << report.err;
}

TEST_F(Sweep, AnExportThatCannotBeWrittenIsRefusedFirst) {
  write_small();
  const ProgramRun run = run_program(arguments("--csv " + as_word(folder_ / "none" / "r.csv")));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find("there is no folder"), std::string::npos) << run.err;
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Sweep, APointIsTheSameAsAGemm) {
  write(R"({"name":"one","shapes":[[512,768]],"axes":{"batch":4,"gpu":"h100-sxm","kernel":"w4a16-g128"}})");
  const bj::object point = json_of().at("points").at(0).as_object();
  const ProgramRun gemm = run_program("gemm --json --m 512 --k 768 --n 4 --gpu h100-sxm --kernel w4a16-g128");
  const bj::object alone = bj::parse(gemm.out).as_object();
  for (const char* key : {"cycles", "time_us", "dram_bytes", "stack", "counters", "energy_uj"}) {
    EXPECT_EQ(point.at(key), alone.at(key)) << key;
  }
}

TEST_F(Sweep, AStepIsTheSameAsARunsStep) {
  write_text(folder_ / "m.json",
             R"({"name":"tiny","description":"d","blocks":[{"name":"decoder","repeat":3,"source":"s",
      "layers":[{"name":"a","out_features":512,"in_features":256},{"name":"b","out_features":256,"in_features":512}]}]})");
  const std::string model = (folder_ / "m.json").string();
  write(R"({"name":"steps","workloads":[")" + model +
        R"("],"steps":true,"axes":{"batch":[2,4],"kernel":["cublas-fp16","w6a16"]}})");
  const bj::object swept = json_of();
  ASSERT_EQ(swept.at("points").as_array().size(), 4u);
  const ProgramRun run = run_program(
      "run " + as_word(model) + " --step --json --gpu a100-sxm-80g --kernel cublas-fp16,w6a16 --batch 2,4");
  const bj::value alone = bj::parse(run.out);
  for (const bj::value& point : swept.at("points").as_array()) {
    EXPECT_EQ(point.at("layer").as_string(), "step");
    const auto& models = alone.at("models").as_array();
    const auto same = std::find_if(models.begin(), models.end(), [&](const bj::value& model_run) {
      return model_run.at("kernel") == point.at("kernel") && model_run.at("batch") == point.at("n");
    });
    ASSERT_NE(same, models.end());
    EXPECT_NEAR(point.at("time_us").to_number<double>(), same->at("time_us").to_number<double>(), 1e-6);
    EXPECT_NEAR(point.at("tokens_per_s").to_number<double>(), same->at("tokens_per_s").to_number<double>(),
                1e-6);
    EXPECT_EQ(point.at("weights").to_number<double>(), 3.0 * 2 * 512 * 256);
  }
  EXPECT_EQ(json_of().at("computed").to_number<int>(), 0);
  // Another model of the same name is other points.
  std::string deeper = text_of(model);
  write_text(model, deeper.replace(deeper.find("\"repeat\":3"), 10, "\"repeat\":4"));
  EXPECT_EQ(json_of().at("computed").to_number<int>(), 4);
  const ProgramRun report = run_program("report " + db_ + " -o " + as_word(folder_ / "r.html"));
  EXPECT_EQ(report.exit_code, 0) << report.err;
}

TEST_F(Sweep, KilledAtAnyMomentItGoesOn) {
  write_long();
  EXPECT_EQ(interrupt(SIGKILL, 5), -SIGKILL);
  const std::int64_t kept = stored();
  EXPECT_GE(kept, 5);
  const bj::object rest = json_of();
  EXPECT_EQ(
      rest.at("computed").to_number<std::int64_t>() + rest.at("stored_before").to_number<std::int64_t>(), 64);
  EXPECT_GE(rest.at("stored_before").to_number<std::int64_t>(), kept);
  EXPECT_EQ(stored(), 64);
}

TEST_F(Sweep, CtrlCEndsCleanly) {
  write_long();
  EXPECT_EQ(interrupt(SIGINT, 3), 130);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));  // closed, so the log is gone
  EXPECT_GE(stored(), 3);
}

TEST_F(Sweep, TwoProcessesShareADatabase) {
  write_small();
  ProgramRun runs[2];
  std::thread other([&] { runs[1] = run_program(arguments("--json --jobs 1")); });
  runs[0] = run_program(arguments("--json --jobs 1"), "sleep 0.05;");
  other.join();
  int computed = 0;
  for (const ProgramRun& run : runs) {
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const bj::value document = bj::parse(run.out);
    computed += document.at("computed").to_number<int>();
    EXPECT_EQ(document.at("points").as_array().size(), 24u);
  }
  EXPECT_EQ(computed, 24);  // none twice
  EXPECT_EQ(stored(), 24);
}

TEST_F(Sweep, ADiskThatFillsUpLosesNothing) {
  write_small();
  // SIGXFSZ ignored, a write beyond 60 blocks of 512 or 1024 bytes fails as on a full disk.
  const ProgramRun full = run_program(arguments(), "trap '' XFSZ; ulimit -f 60;");
  EXPECT_EQ(full.exit_code, 2) << full.err;
  EXPECT_NE(full.err.find("run again to go on"), std::string::npos) << full.err;
  EXPECT_EQ(json_of().at("points").as_array().size(), 24u);
}

TEST_F(Sweep, PointsThatCannotBeSimulatedAreStoredWithWhy) {
  write(
      R"({"name":"f","shapes":[[256,256]],"axes":{"kernel":["cublas-fp16"],"gpu.sm.shared_memory_kb":[164,16]}})");
  const bj::object first = json_of();
  EXPECT_EQ(first.at("failed").to_number<int>(), 1);
  EXPECT_EQ(json_of().at("computed").to_number<int>(), 0);
}

TEST_F(Sweep, ForeignAndBrokenDatabasesAreLeftAlone) {
  write_small();
  const auto refused_untouched = [&](const std::string& content, const std::string& part) {
    write_text(path_, content);
    expect_refused({"r.sqlite", part});
    EXPECT_EQ(text_of(path_), content);
  };
  refused_untouched("not a database, though long enough to have a header " + std::string(200, 'x'),
                    "not SQLite");
  refused_untouched("short", "not SQLite");
  std::filesystem::remove(path_);
  ASSERT_EQ(run_program(arguments()).exit_code, 0);
  const std::string good = text_of(path_);
  std::string other = good;
  other[71] = 'x';
  refused_untouched(other, "another program");
  other = good;
  other[63] = 9;
  refused_untouched(other, "schema version 9");
  other = good;
  for (std::size_t i = 4096; i < other.size(); ++i) other[i] = static_cast<char>(i * 37);
  refused_untouched(other, "corrupt");
  refused_untouched(good.substr(0, good.size() / 2), "corrupt");
}

TEST_F(Sweep, AnotherVersionOfTheProgramIsRefused) {
  write_small();
  ASSERT_EQ(run_program(arguments()).exit_code, 0);
  sqlite3* handle = nullptr;
  sqlite3_open(path_.c_str(), &handle);
  sqlite3_exec(handle, "UPDATE meta SET value = '0.0.1+old'; PRAGMA wal_checkpoint(TRUNCATE)", nullptr,
               nullptr, nullptr);
  sqlite3_close(handle);
  const std::string before = text_of(path_);
  expect_refused({"0.0.1+old", "not mixed"});
  EXPECT_EQ(text_of(path_), before);
}

/// Its log was left by a kill: even merging that would touch the file.
TEST_F(Sweep, AnotherVersionsUnmergedLogIsLeftAlone) {
  write_small();
  ASSERT_EQ(run_program(arguments()).exit_code, 0);
  const std::string killed = (folder_ / "killed.sqlite").string();
  sqlite3* handle = nullptr;
  sqlite3_open(path_.c_str(), &handle);
  sqlite3_exec(handle, "UPDATE meta SET value = '0.0.1+old'", nullptr, nullptr, nullptr);
  std::filesystem::copy_file(path_, killed);
  std::filesystem::copy_file(path_ + "-wal", killed + "-wal");
  sqlite3_close(handle);
  const std::string before = text_of(killed), log = text_of(killed + "-wal");
  ASSERT_GT(log.size(), 0u);
  path_ = killed;
  db_ = as_word(killed);
  expect_refused({"0.0.1+old", "not mixed"});
  EXPECT_EQ(text_of(killed), before);
  EXPECT_EQ(text_of(killed + "-wal"), log);
}

TEST_F(Sweep, ALockedFileIsWaitedFor) {
  write_small();
  ASSERT_EQ(run_program(arguments()).exit_code, 0);
  sqlite3* handle = nullptr;
  sqlite3_open(path_.c_str(), &handle);
  ASSERT_EQ(
      sqlite3_exec(handle, "BEGIN EXCLUSIVE; DELETE FROM points WHERE id <= 10", nullptr, nullptr, nullptr),
      SQLITE_OK);
  ProgramRun run;
  std::thread locked_out([&] { run = run_program(arguments("--json")); });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  sqlite3_exec(handle, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(handle);
  locked_out.join();
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(bj::parse(run.out).at("computed").to_number<int>(), 10);
}

TEST_F(Sweep, BadSweepsAreRefusedBeforeAnythingIsMade) {
  const auto refused = [&](const std::string& text, std::initializer_list<std::string> parts) {
    write(text);
    expect_refused(parts);
    EXPECT_FALSE(std::filesystem::exists(path_));
  };
  const auto with = [](const std::string& axes, const std::string& more = "") {
    std::string text = R"({"name":"s","shapes":[[64,64]],"axes":{)";
    return text.append(axes).append("}").append(more).append("}");
  };
  refused(R"({"nmae":"s","shapes":[[64,64]],"axes":{}})", {"'nmae'", "did you mean 'name'"});
  refused(R"({"name":"s","workload":["llama-65b"],"axes":{}})", {"'workload'", "did you mean 'workloads'"});
  refused(R"({"name":"s","shapes":[[64,64]],"axes":{},"constraint":[]})", {"did you mean 'constraints'"});
  refused(R"({"name":"s","shapes":[[64,64]],"axes":{},"method":{"nam":"grid"}})", {"'method.nam'", "'name'"});
  refused(R"({"name":"s","shapes":[[64,64]],"axes":{"batch":{"form":1,"to":2,"step":1}}})",
          {"'axes.batch.form'", "'from'"});
  refused(R"({"name":"s","name":"t","shapes":[[64,64]],"axes":{}})", {"given twice"});
  refused(with(R"("batch":[1,2])", R"(,"constraints":["batch > 1","batch < 2"])"),
          {"contradict", "\"batch > 1\" alone leaves 1", "\"batch < 2\" alone leaves 1"});
  refused(with(R"("batch":{"min":1,"max":4,"integer":true})",
               R"(,"constraints":["batch > 4"],"method":{"name":"random","points":2})"),
          {"none of", "samples satisfies the constraints"});
  refused(R"({"name":"s","shapes":[[64,64]],"steps":true,"axes":{}})", {"'steps'", "'workloads'"});
  refused(R"({"name":"s","workloads":["llama-65b"],"layers":["qkv"],"steps":true,"axes":{}})",
          {"no 'layers'"});
  refused(with(R"("batsh":[1])"), {"batsh", "did you mean 'batch'"});
  refused(with(R"("batch":[0])"), {"axes.batch", "0", "from 1 to"});
  refused(with(R"("batch":[1,1])"), {"has that value already"});
  refused(with(R"("batch":[])"), {"axes.batch"});
  refused(with(R"("batch":{"from":1,"to":8})"), {"factor", "step"});
  refused(with(R"("batch":{"min":1,"max":8,"integer":true})"), {"needs lists", "batch"});
  refused(with(R"("gpu":"a100")"), {"unknown GPU 'a100'"});
  refused(with(R"("gpu.l2.sise_mb":[1])"), {"did you mean 'l2.size_mb'"});
  refused(with(R"("gpu.l2.size_mb":["big"])"), {"another kind"});
  refused(with(R"("gpu.l2.size_mb":[-5])"), {"size_mb", "-5"});
  refused(with(R"("batch":[1,2])", R"(,"constraints":["batch > 4"])"), {"contradict", "batch > 4"});
  refused(with(R"("batch":[1,2])", R"(,"constraints":["bach > 4"])"), {"did you mean 'batch'", "column 1"});
  refused(with(R"("batch":[1,2])", R"(,"constraints":["batch >"])"), {"column 8", "expected a value"});
  refused(with(R"("batch":[1,2])", R"(,"constraints":["gpu < 3"])"), {"expected a number"});
  refused(with(R"("batch":[1,2])", R"(,"constraints":["batch + 1"])"), {"true or false"});
  refused(with(R"("batch":[1,2],"kernel":["w6a16","w8a16"])",
               R"(,"constraints":["batch == 1 or kernel == 'x'"],"method":{"name":"pareto","points":5,
                   "objectives":["time_us","energy_uj"]})"),
          {"every layer and batch"});
  refused(with(R"("batch":[null])"), {"axes.batch", "null"});
  refused(R"({"name":"s","workloads":["llama-65b"],"layers":["quv"],"axes":{}})", {"did you mean 'qkv'"});
  refused(with(R"("batch":{"from":1,"to":6000,"step":1})"), {"6000 points", "--yes"});
  refused(with(R"("batch":{"from":1,"to":90000,"step":1},"gpu.l2.size_mb":{"from":1,"to":900,"step":1})"),
          {"grid"});
}

TEST_F(Sweep, AParetoSearchWeighsSumsOverLayersAndBatches) {
  write(
      R"json({"name":"p","shapes":[[256,512],[512,256]],"axes":{"batch":[1,32],"kernel":["w4a16-g128","w6a16","w8a16"],
      "design":["simt","operand","smem"],"design.lanes":[null,4,64],"gpu.sm.clock_mhz":[700,1410]},
      "constraints":["(design == 'simt') == (design.lanes == null)"],
      "method":{"name":"pareto","points":120,"objectives":["time_us","energy_uj","area_mm2","quality_db"]}})json");
  const bj::object found = json_of();
  EXPECT_EQ(found.at("possible").to_number<int>(), 2 * 3 * 5 * 4);
  ASSERT_EQ(found.at("asked").to_number<int>(), 2 * 3 * 5 * 4);  // so few that all were simulated
  // The same by hand: sums over the four points of each way, and who is dominated.
  std::map<std::string, std::array<double, 4>> ways;
  std::map<std::string, std::string> way_of_key;
  for (const bj::value& point : found.at("points").as_array()) {
    const std::string way = std::string(point.at("kernel").as_string()) +
                            std::string(point.at("design").as_string()) +
                            bj::serialize(point.at("overrides"));
    way_of_key[point.at("key").as_string().c_str()] = way;
    auto& sums = ways[way];
    sums[0] += point.at("time_us").to_number<double>();
    sums[1] += point.at("energy_uj").to_number<double>();
    sums[2] = point.at("area_mm2").to_number<double>();
    sums[3] = -point.at("quality_db").to_number<double>();
  }
  EXPECT_EQ(ways.size(), 30u);
  std::set<std::string> by_hand, reported;
  for (const auto& [name, own] : ways) {
    const bool beaten = std::any_of(ways.begin(), ways.end(), [&own](const auto& other) {
      bool better = false;
      for (int i = 0; i < 4; ++i) {
        if (other.second[i] > own[i]) return false;
        better |= other.second[i] < own[i];
      }
      return better;
    });
    if (!beaten) by_hand.insert(name);
  }
  for (const bj::value& entry : found.at("front").as_array()) {
    ASSERT_EQ(entry.at("keys").as_array().size(), 4u);
    const std::string way = way_of_key.at(entry.at("keys").at(0).as_string().c_str());
    reported.insert(way);
    EXPECT_NEAR(entry.at("time_us").to_number<double>(), ways[way][0], 1e-9);
    EXPECT_EQ(entry.at("area_mm2").to_number<double>(), ways[way][2]);
  }
  EXPECT_EQ(reported, by_hand);
  EXPECT_GT(by_hand.size(), 3u);
  EXPECT_LT(by_hand.size(), 30u);
}

TEST_F(Sweep, RandomAndLatinHypercubeAreReproducible) {
  for (const char* method : {"random", "latin-hypercube"}) {
    write(
        std::string(
            R"({"name":"s","shapes":[[128,128]],"axes":{"batch":{"min":1,"max":64,"integer":true,"scale":"log"},
      "gpu.l2.size_mb":{"min":10,"max":80}},"constraints":["batch < 32"],"method":{"name":")") +
        method + R"(","points":12,"seed":3}})");
    const bj::object first = json_of();
    EXPECT_EQ(first.at("points").as_array().size(), 12u);
    for (const auto& point : first.at("points").as_array()) EXPECT_LT(point.at("n").as_int64(), 32);
    EXPECT_EQ(json_of().at("points"), first.at("points"));
  }
}

}  // namespace
}  // namespace fp6sim::app
