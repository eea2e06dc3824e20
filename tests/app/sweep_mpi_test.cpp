// Sweeps under mpirun on this machine, and what kill -9 does to them.
#include "tests/app/support/sweep_fixture.h"

namespace fp6sim::app {
namespace {

class SweepUnderMpi : public Sweep {
 protected:
  void SetUp() override {
    if (std::system("command -v mpirun > /dev/null") != 0) GTEST_SKIP() << "no mpirun";
    write_small();
    if (mpirun(2).err.find("this build has no MPI") != std::string::npos) GTEST_SKIP() << "built without MPI";
    std::filesystem::remove(path_);
  }
  ProgramRun mpirun(int ranks, const std::string& options = "") const {
    return run_program(arguments("--json"),
                       "OMPI_MCA_rmaps_base_oversubscribe=1 mpirun --allow-run-as-root " + options + " -n " +
                           std::to_string(ranks));
  }
  /// kill -9 for one process of rank 1, once three points are stored: the rank itself, which mpirun started,
  /// or the simulating process, which the rank started. The job's end.
  ProgramRun kill_in_rank_1(const std::string& parent, int ranks, const std::string& options = "") {
    write_long();
    ProgramRun run;
    std::thread job([&] { run = mpirun(ranks, options); });
    wait_for(3);
    const std::string kill =
        "for p in $(pgrep -f 'sweep " + (folder_ / "s.json").string() +
        "'); do parent=$(ps -o ppid= -p $p | tr -d ' '); grep -qz '^OMPI_COMM_WORLD_RANK=1$' "
        "/proc/$p/environ 2> /dev/null && [ \"$(cat /proc/$parent/comm)\" = " +
        parent + " ] && kill -9 $p && exit 0; done; exit 1";
    EXPECT_EQ(std::system(kill.c_str()), 0);
    job.join();
    return run;
  }
};

TEST_F(SweepUnderMpi, EveryPointIsComputedOnce) {
  const ProgramRun run = mpirun(3);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(bj::parse(run.out).at("computed").to_number<int>(), 24);
  EXPECT_EQ(stored(), 24);
}

TEST_F(SweepUnderMpi, AKilledWorkerCostsNothing) {
  const ProgramRun run = kill_in_rank_1("fp6sim", 2);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const bj::value document = bj::parse(run.out);
  EXPECT_EQ(document.at("computed").to_number<int>(), 64);
  EXPECT_EQ(document.at("lost").to_number<int>(), 0);
}

TEST_F(SweepUnderMpi, AKilledRanksPointsGoToOthers) {
  const ProgramRun run = kill_in_rank_1("mpirun", 3, "--enable-recovery");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("rank 1 is silent"), std::string::npos) << run.err;
  const bj::value document = bj::parse(run.out);
  EXPECT_EQ(document.at("computed").to_number<int>(), 64);
  EXPECT_EQ(document.at("lost").to_number<int>(), 0);
  EXPECT_EQ(stored(), 64);
}

/// Open MPI then ends the job: the next run goes on from the database.
TEST_F(SweepUnderMpi, WithoutRecoveryAKilledRankEndsTheJobAndTheNextRunGoesOn) {
  const ProgramRun run = kill_in_rank_1("mpirun", 3);
  EXPECT_NE(run.exit_code, 0);
  EXPECT_NE(run.err.find("--enable-recovery"), std::string::npos) << run.err;
  const std::int64_t kept = stored();
  EXPECT_GE(kept, 3);
  const ProgramRun next = mpirun(3);
  ASSERT_EQ(next.exit_code, 0) << next.err;
  const bj::value document = bj::parse(next.out);
  EXPECT_EQ(document.at("stored_before").to_number<std::int64_t>(), kept);
  EXPECT_EQ(document.at("computed").to_number<std::int64_t>(), 64 - kept);
}

}  // namespace
}  // namespace fp6sim::app
