// Sweeps: what they refuse, and what they survive.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <thread>

#include "tests/app/support/run_program.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

class Sweep : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string arguments(const std::string& more = "") const {
    return std::string("sweep ").append(file_).append(" --db ").append(db_).append(" ").append(more);
  }
  void write(const std::string& text) { write_text(folder_ / "s.json", text); }
  /// 24 points of some 10 ms each; --exact does not matter, the shapes are small.
  void write_small() {
    write(
        R"({"name":"small","shapes":[[256,256],[512,256]],"axes":{"batch":[1,8],"kernel":["w6a16","cublas-fp16"],
      "gpu.l2.size_mb":{"from":10,"to":40,"factor":2},"design":["simt"]}})");
  }
  /// 64 points of some 0.2 s each.
  void write_long() {
    write(R"({"name":"long","shapes":[[4096,4096],[4096,8192]],"axes":{"batch":{"from":1,"to":32,"step":1},
      "kernel":"w6a16"}})");
  }
  std::int64_t stored() const {
    sqlite3* handle = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::int64_t count = -1;
    sqlite3_open_v2(path_.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr);
    if (sqlite3_prepare_v2(handle, "SELECT count(*) FROM points", -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
      count = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return count;
  }
  bj::object json_of(const std::string& more = "") {
    const ProgramRun run = run_program(arguments("--json " + more));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return bj::parse(run.out).as_object();
  }
  void expect_refused(std::initializer_list<std::string> parts) {
    const ProgramRun run = run_program(arguments());
    EXPECT_EQ(run.exit_code, 2) << run.out << run.err;
    for (const auto& part : parts) EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  }
  /// Starts the program in the background, waits for `points` of them, sends `signal` and waits for the end.
  int interrupt(int signal, std::int64_t points) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::freopen("/dev/null", "w", stderr);
      const std::string json = (folder_ / "s.json").string();
      ::execl(FP6SIM_BINARY, FP6SIM_BINARY, "sweep", json.c_str(), "--db", path_.c_str(), "--jobs", "2",
              nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 3000 && stored() < points; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::filesystem::path folder_ = scratch("sweep");
  std::string path_ = (folder_ / "r.sqlite").string();
  std::string file_ = as_word(folder_ / "s.json"), db_ = as_word(path_);
};

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

TEST_F(Sweep, APointIsTheSameAsAGemm) {
  write(R"({"name":"one","shapes":[[512,768]],"axes":{"batch":4,"gpu":"h100-sxm","kernel":"w4a16-g128"}})");
  const bj::object point = json_of().at("points").at(0).as_object();
  const ProgramRun gemm = run_program("gemm --json --m 512 --k 768 --n 4 --gpu h100-sxm --kernel w4a16-g128");
  const bj::object alone = bj::parse(gemm.out).as_object();
  for (const char* key : {"cycles", "time_us", "dram_bytes", "stack", "counters", "energy_uj"}) {
    EXPECT_EQ(point.at(key), alone.at(key)) << key;
  }
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
  refused(with(R"("batch":[1,2])",
               R"(,"method":{"name":"pareto","points":5,"objectives":["time_us","energy_uj"]})"),
          {"one layer and one batch"});
  refused(R"({"name":"s","workloads":["llama-65b"],"layers":["quv"],"axes":{}})", {"did you mean 'qkv'"});
  refused(with(R"("batch":{"from":1,"to":6000,"step":1})"), {"6000 points", "--yes"});
  refused(with(R"("batch":{"from":1,"to":90000,"step":1},"gpu.l2.size_mb":{"from":1,"to":900,"step":1})"),
          {"grid"});
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

/// The simulating process of rank 1 is killed: only its parent is a rank, and nothing is lost.
TEST_F(Sweep, UnderMpiAKilledWorkerCostsNothing) {
  if (std::system("command -v mpirun > /dev/null") != 0) GTEST_SKIP() << "no mpirun";
  write_long();
  ProgramRun run;
  std::thread job([&] {
    run = run_program(arguments("--json"),
                      "OMPI_MCA_rmaps_base_oversubscribe=1 mpirun --allow-run-as-root -n 2");
  });
  for (int i = 0; i < 3000 && stored() < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  // Of this sweep's processes, a child of rank 1 that is fp6sim itself.
  const std::string kill_worker =
      "for p in $(pgrep -f 'sweep " + (folder_ / "s.json").string() +
      "'); do parent=$(ps -o ppid= -p $p | tr -d ' '); grep -qz '^OMPI_COMM_WORLD_RANK=1$' /proc/$p/environ "
      "2> /dev/null &&"
      " [ \"$(cat /proc/$parent/comm)\" = fp6sim ] && kill -9 $p && exit 0; done; exit 1";
  const int killed = std::system(kill_worker.c_str());
  job.join();
  if (run.err.find("this build has no MPI") != std::string::npos) GTEST_SKIP() << "built without MPI";
  EXPECT_EQ(killed, 0);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const bj::object document = bj::parse(run.out).as_object();
  EXPECT_EQ(document.at("computed").to_number<int>(), 64);
  EXPECT_EQ(document.at("lost").to_number<int>(), 0);
}

TEST_F(Sweep, RunsUnderMpi) {
  if (std::system("command -v mpirun > /dev/null") != 0) GTEST_SKIP() << "no mpirun";
  write_small();
  const std::string launch = "OMPI_MCA_rmaps_base_oversubscribe=1 mpirun --allow-run-as-root -n 3";
  const ProgramRun run = run_program(arguments("--json"), launch);
  if (run.err.find("this build has no MPI") != std::string::npos) GTEST_SKIP() << "built without MPI";
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(bj::parse(run.out).at("computed").to_number<int>(), 24);
  EXPECT_EQ(stored(), 24);
}

}  // namespace
}  // namespace fp6sim::app
