// Comparison with measurements: reading the CSV, the error statistics against hand-computed ones, refusals.
#include "sim/compare/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "emu/error.h"

namespace fp6sim::sim {
namespace {

std::filesystem::path write(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(file) << text;
  return file;
}

const std::string kHeader = "model,layer,M,K,batch,kernel,speedup_over_cublas_fp16,note\n";

TEST(Compare, ErrorsAndTheConstantAreTheHandComputedOnes) {
  const auto file = write("hand.csv", kHeader +
                                          "m,a,1024,1024,8,cuBLAS_W16A16,1.0,baseline\n"
                                          "m,a,1024,1024,8,TC-FPx_W6A16,2.0,\n"
                                          "m,b,2048,1024,8,TC-FPx_W6A16,2.5,\"with, a comma\"\n"
                                          "m,c,4096,1024,8,TC-FPx_W6A16,4.0,\n"
                                          "m,c,4096,1024,8,nobody_W3,1.5,\n"
                                          "m,d,4096,2048,8,TC-FPx_W6A16,,hidden\n");
  const auto rows = read_measured(file);
  ASSERT_EQ(rows.size(), 5u);
  const auto runs = runs_for(rows, false);
  EXPECT_EQ(runs.size(), 6u);  // three shapes, each with its baseline; the baseline's own row needs none
  std::map<CompareRun, RunTime> results;
  for (const CompareRun& run : runs) results[run] = {run.kernel == "cublas-fp16" ? 50.0 : 20.0, 10};
  const Comparison comparison = compare(rows, false, results);
  // 2.5 simulated everywhere: errors +25 %, 0 %, -37.5 %.
  ASSERT_EQ(comparison.overall.count, 3);
  EXPECT_NEAR(comparison.overall.mean_abs_error_pct, 62.5 / 3, 1e-9);
  EXPECT_NEAR(comparison.overall.worst_abs_error_pct, 37.5, 1e-9);
  EXPECT_NEAR(comparison.overall.p90_abs_error_pct, 37.5, 1e-9);
  // The constant: weights 0.5, 0.4, 0.25 of 1.15; the median is 2.5, with the same errors.
  EXPECT_NEAR(comparison.overall.constant_mean_abs_error_pct, 62.5 / 3, 1e-9);
  EXPECT_EQ(comparison.skipped, std::vector<std::string>{"nobody_W3"});
  EXPECT_EQ(comparison.kernels.count("tc-fpx-w6a16"), 1u);
}

TEST(Compare, TimesAreComparedWithAConstantTimesTheFloor) {
  const auto file = write("times.csv",
                          "model,layer,M,K,batch,kernel,time_us\n"
                          "m,a,1024,1024,8,w6a16,10\nm,b,2048,1024,8,w6a16,20\nm,c,4096,1024,8,w6a16,40\n");
  const auto rows = read_measured(file);
  std::map<CompareRun, RunTime> results;
  for (const CompareRun& run : runs_for(rows, false)) {
    results[run] = {static_cast<double>(run.shape.m) / 100, static_cast<double>(run.shape.m) / 1024};
  }
  const Comparison comparison = compare(rows, false, results);
  EXPECT_NEAR(comparison.overall.mean_abs_error_pct, 2.4, 1e-9);
  EXPECT_NEAR(comparison.overall.constant_mean_abs_error_pct, 0, 1e-9);
}

TEST(Compare, RefusesFilesThatLie) {
  EXPECT_THROW(read_measured("/nonexistent.csv"), Error);
  for (const std::string& text : {std::string(), std::string("model,layer,M,K,batch\n"), kHeader + "m,a,0,1024,8,x,1,\n",
                                 kHeader + "m,a,1e3,1024,8,x,1,\n", kHeader + "m,a,1024,1024,8,x,-1,\n",
                                 kHeader + "m,a,1024,1024,8,x,nan,\n", kHeader + "m,a,1024\n"}) {
    EXPECT_THROW(read_measured(write("lie.csv", text)), Error) << text;
  }
}

}  // namespace
}  // namespace fp6sim::sim
