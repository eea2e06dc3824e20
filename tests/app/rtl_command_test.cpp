// Commands with the Verilated unit, as a script sees them.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/app/support/run_program.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

TEST(RtlCommand, GemmTakesTheSameCyclesAndBitsWithEitherUnit) {
  for (const char* design : {"operand", "smem", "copy", "l2", "memctrl"}) {
    std::int64_t cycles[2];
    for (const bool rtl : {false, true}) {
      const ProgramRun run =
          run_program(std::string("gemm --m 256 --k 512 --n 4 --functional --json --design ") + design +
                      " --unit " + (rtl ? "rtl" : "timing"));
      ASSERT_EQ(run.exit_code, 0) << run.err;
      const bj::value document = bj::parse(run.out);
      cycles[rtl] = document.at("cycles").to_number<std::int64_t>();
      EXPECT_EQ(document.at("overrides").at("design.model").as_string(), rtl ? "rtl" : "timing");
      EXPECT_EQ(document.at("functional").at("compared").to_number<int>(), 1024);
      EXPECT_EQ(document.at("functional").at("mismatches").to_number<int>(), 0);
    }
    EXPECT_EQ(cycles[0], cycles[1]) << design;
  }
}

TEST(RtlCommand, UnitsThatCannotBeAreRefused) {
  const std::string gemm = "gemm --m 256 --k 256 --n 1 --unit rtl ";
  for (const auto& [more, part] :
       {std::pair{"--design simt", "has no dequantisation unit"},
        std::pair{"--design operand --set design.lanes=50", "RTL unit of 200 lanes"}}) {
    const ProgramRun run = run_program(gemm + more);
    EXPECT_EQ(run.exit_code, 2) << run.out;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  }
}

TEST(RtlCommand, VerifyCountsTheWeightsOfTheUnit) {
  const std::string wave = ::testing::TempDir() + "fp6sim_verify.fst";
  const ProgramRun run = run_program("verify --rtl --kernel w6a16 --m 64 --k 96 --n 2 --json --wave " +
                                     wave);  // a short run of the unit
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const bj::value document = bj::parse(run.out);
  const bj::value& rtl = document.at("kernels").at(0).at("rtl");
  EXPECT_EQ(rtl.at("weights").to_number<int>(), 64 * 96);
  EXPECT_EQ(rtl.at("outputs").to_number<int>(), 64 * 2);
  EXPECT_EQ(document.at("mismatches").to_number<int>(), 0);
  EXPECT_EQ(document.at("compared").to_number<std::int64_t>(),
            64 * 96 + 2 * 64 * 2 + document.at("rtl").at("compared").to_number<std::int64_t>());
  EXPECT_EQ(std::remove(wave.c_str()), 0) << "no waves were written";
}

}  // namespace
}  // namespace fp6sim::app
