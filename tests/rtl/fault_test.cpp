// Tests the tests: each planted fault must be seen by the streams that judge the real unit.
#include <gtest/gtest.h>

#include "UnitFaults.h"
#include "app/rtl/verify_unit.h"
#include "rtl/model/verilated_unit.h"

namespace {
int fault = 0;
}
extern "C" int planted_fault() {
  return fault;
}

namespace fp6sim::rtl {
namespace {

constexpr UnitParameters kParameters{"l16d2-faults", 16, 2, 1, false};

StreamResult run(int number) {
  fault = number;
  VerilatedUnit<UnitFaults, Inputs::kDirect> unit(kParameters);
  Coverage coverage;
  const auto stimulus = random_stimulus(kParameters, 5, 3000);
  return run_stream(unit, *stimulus, {32, 32, 32}, 5, coverage);
}

TEST(RtlFaults, NoneIsClean) {
  EXPECT_TRUE(run(0).clean());
}

class RtlFault : public ::testing::TestWithParam<int> {};

TEST_P(RtlFault, IsCaught) {
  const StreamResult result = run(GetParam());
  EXPECT_FALSE(result.clean()) << "nobody noticed fault " << GetParam();
}

// The numbers of plant_faults.py.
INSTANTIATE_TEST_SUITE_P(Planted, RtlFault, ::testing::Range(1, 11));

}  // namespace
}  // namespace fp6sim::rtl
