// What a hostile or hurried user types: every refusal is one line that names the thing, the value and what is
// accepted, ends with 2, and leaves what was there as it was.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <thread>

#include "tests/app/support/run_program.h"

namespace fp6sim::app {
namespace {

void expect_one_line(const std::string& arguments, std::initializer_list<std::string> parts) {
  const ProgramRun run = run_program(arguments);
  EXPECT_EQ(run.exit_code, 2) << arguments << "\n" << run.out;
  EXPECT_TRUE(run.err.starts_with("fp6sim: ")) << arguments << "\n" << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << arguments << "\n" << run.err;
  for (const auto& part : parts)
    EXPECT_NE(run.err.find(part), std::string::npos) << arguments << "\n" << run.err;
}

class Usage : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_ = scratch("usage");
};

TEST_F(Usage, MisspeltOptionsAreNamedBeforeWhatTheyLeaveMissing) {
  expect_one_line("gemm --gpuu h200", {"gemm", "'--gpuu'", "did you mean '--gpu'"});
  expect_one_line("sweep --dbb=x", {"'--dbb'", "did you mean '--db'"});
  expect_one_line("--versoin", {"'--versoin'", "did you mean '--version'"});
  expect_one_line("run -q", {"'-q'"});
  expect_one_line("gem", {"did you mean 'gemm'"});
}

TEST_F(Usage, WhatTheParserRefusesSaysWhatIsAccepted) {
  const std::string gemm = "gemm --k 64 --n 1 ";
  expect_one_line("", {"subcommand is required"});
  expect_one_line("gemm --m 64", {"--k is required"});
  expect_one_line(gemm + "--m 8k", {"--m is '8k'", "an integer"});
  expect_one_line(gemm + "--m 8 --m 9", {"--m is given more than once"});
  expect_one_line(gemm + "--m", {"--m has no value"});
  expect_one_line("list gpus kernels", {"unexpected argument 'kernels'"});
  expect_one_line("run --batch 0", {"--batch is '0'", "1 to 1048576"});
  expect_one_line("trace --kernel w6a16 --m 8 --k 8 --n 8 -o x --seed -1", {"--seed is '-1'", "at least 0"});
  expect_one_line("trace --kernel w6a16 --m 8 --k 8 --n 8 -o x --split-k -1", {"splits = -1", "1..64"});
}

TEST_F(Usage, EmptyArgumentsAreRefused) {  // a script's variable that was not set; SQLite takes "" for a file
                                           // of its own
  expect_one_line("sweep x.json --db ''", {"'--db'", "empty"});
  expect_one_line("run --out=", {"'--out'", "empty"});
}

TEST_F(Usage, ALimitNothingCanExceedIsRefused) {
  write_text(folder_ / "m.csv", "model,layer,M,K,batch,kernel,time_us\nx,l,64,64,1,w6a16,1\n");
  const std::string compare = "compare " + as_word(folder_ / "m.csv") + " --max-error ";
  expect_one_line(compare + "nan", {"--max-error", "nan", "at least 0"});
  expect_one_line(compare + "-1", {"--max-error", "-1", "at least 0"});
  EXPECT_EQ(run_program(compare + "1").exit_code, 1);
}

TEST_F(Usage, FilesThatNeverEndAndFilesOfSpreadsheets) {
  expect_one_line("compare /dev/zero", {"/dev/zero", "bytes accepted"});
  expect_one_line("mma --arch ampere /dev/zero", {"/dev/zero", "bytes accepted"});
  expect_one_line("mma --arch ampere " + as_word(folder_), {"is a directory"});
  write_text(folder_ / "m.csv",
             "\xEF\xBB\xBFmodel,layer,M,K,batch,kernel,time_us\r\nx,l,64,64,1,w6a16,1\r\n");
  EXPECT_EQ(run_program("compare " + as_word(folder_ / "m.csv")).exit_code, 0);
}

TEST_F(Usage, BinaryIsNotShownOnTheTerminal) {
  write_text(folder_ / "v.csv", std::string(5000, '\x1b') + "\n");
  const ProgramRun run = run_program("mma --arch ampere " + as_word(folder_ / "v.csv"));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_LT(run.err.size(), 300u);
  EXPECT_EQ(run.err.find('\x1b'), std::string::npos);
}

TEST_F(Usage, PipesAndLinksAreWrittenThroughNotReplaced) {
  write_text(folder_ / "v.csv", "a,b,c\n" + std::string("3c00 3c00 3c00 3c00 3c00 3c00 3c00 3c00,") +
                                    "3c00 3c00 3c00 3c00 3c00 3c00 3c00 3c00,00000000\n");
  const std::string mma = "mma --arch ampere " + as_word(folder_ / "v.csv") + " -o ";
  write_text(folder_ / "target", "old");
  std::filesystem::create_symlink("target", folder_ / "link");
  EXPECT_EQ(run_program(mma + as_word(folder_ / "link")).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
  EXPECT_NE(text_of(folder_ / "target").find("41000000"), std::string::npos);  // 8 x 1 x 1
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = text_of(pipe); });
  EXPECT_EQ(run_program(mma + as_word(pipe)).exit_code, 0);
  reader.join();
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_NE(received.find("41000000"), std::string::npos);
}

TEST_F(Usage, AFullDiskAndAClosedOutputAreErrors) {
  if (!std::filesystem::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const std::string program = "'" FP6SIM_BINARY "' ";
  for (const char* command :
       {"list gpus > /dev/full", "list gpus >&-", "gemm --m 64 --k 64 --n 1 --json > /dev/full"})
    EXPECT_EQ(WEXITSTATUS(std::system((program + command + " 2> /dev/null").c_str())), 2) << command;
}

TEST_F(Usage, PlacesAreJudgedBeforeAnythingIsSimulated) {
  write_text(folder_ / "file", "x");
  expect_one_line("run bart-large --batch 1 --out " + as_word(folder_ / "file"), {"--out", "cannot be made"});
  EXPECT_EQ(text_of(folder_ / "file"), "x");
}

TEST_F(Usage, InterruptedRunsEndAtOnce) {
  // 100 GEMMs that take seconds each; the signal goes to the program alone, as `kill` sends it.
  const std::string command = "'" FP6SIM_BINARY
                              "' run opt-175b --gpu h200 --kernel w6a16 --batch 32,64,128 --jobs 2 2> " +
                              as_word(folder_ / "err") + " > /dev/null & echo $! > " +
                              as_word(folder_ / "pid") + "; wait $!; echo $? > " + as_word(folder_ / "code");
  std::thread shell([&] { (void)std::system(command.c_str()); });
  while (text_of(folder_ / "err").find("simulations") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ::kill(std::stoi(text_of(folder_ / "pid")), SIGTERM);
  shell.join();
  EXPECT_EQ(text_of(folder_ / "code"), "2\n");
  EXPECT_NE(text_of(folder_ / "err").find("interrupted after"), std::string::npos)
      << text_of(folder_ / "err");
}

}  // namespace
}  // namespace fp6sim::app
