// A folder with a sweep and its database, run by the program as a user does.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "tests/app/support/run_program.h"

namespace fp6sim::app {

namespace bj = boost::json;

class Sweep : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string arguments(const std::string& more = "") const {
    return std::string("sweep ").append(file_).append(" --db ").append(db_).append(" ").append(more);
  }
  void write(const std::string& text) { write_text(folder_ / "s.json", text); }
  /// 24 points of some 10 ms each.
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
  void wait_for(std::int64_t points) const {
    for (int i = 0; i < 3000 && stored() < points; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
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
    wait_for(points);
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::filesystem::path folder_ = scratch("sweep");
  std::string path_ = (folder_ / "r.sqlite").string();
  std::string file_ = as_word(folder_ / "s.json"), db_ = as_word(path_);
};

}  // namespace fp6sim::app
