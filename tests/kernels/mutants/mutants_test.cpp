// Every planted bug is caught: by the executor, naming the line, or by the bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "app/verify/kernel_check.h"
#include "tests/kernels/mutants/mutant.h"

namespace fp6sim::kernels {
namespace {

/// The source line a report names: of the mutant's altered header, else of the kernels' own.
std::string line_of(const Mutant& mutant, const simt::Violation& violation) {
  const std::string header =
      violation.file.substr(std::min(violation.file.rfind("kernels/"), violation.file.size()));
  std::ifstream in(std::string(MUTANTS_DIRECTORY) + "/" + mutant.name + "/" + header);
  if (!in) in.open(std::string(FP6SIM_SOURCE) + "/" + header);
  std::string line;
  for (unsigned i = 0; i < violation.line && std::getline(in, line); ++i) {
  }
  return in ? line : "cannot read " + violation.file;
}

class PlantedBug : public testing::TestWithParam<std::size_t> {};

TEST_P(PlantedBug, IsCaught) {
  const Mutant& mutant = mutants()[GetParam()];
  // Twenty k tiles in three splits: stages are used again.
  GemmShape shape{300, 1280, 5};
  if (mutant.generation == Generation::kWarpgroup) shape.n = 43;
  if (mutant.name == "off_by_one_column" || mutant.name == "beyond_the_last_column")
    shape.k = 651;  // odd, so that columns are counted one by one
  if (mutant.name == "partials_in_another_order")
    shape.m = 8192;  // one output in some thousands rounds otherwise
  Gpu gpu;
  gpu.compute_capability = mutant.generation == Generation::kAmpere ? 80 : 90;
  Plan plan;
  ASSERT_TRUE(choose_plan(mutant.spec, shape, gpu, plan, mutant.splits).ok());
  ASSERT_EQ(plan.generation, mutant.generation);
  HostProblem problem(mutant.spec, shape, plan, 11);
  const auto architecture =
      mutant.generation == Generation::kAmpere ? emu::Architecture::kAmpere : emu::Architecture::kHopper;
  HostRun run;
  run.architecture = emu::architecture_name(architecture);
  const auto expected = app::replay(problem, architecture);
  run_on_host(problem.arguments(), run);
  ASSERT_EQ(problem.y, expected) << "the kernel without the bug";
  try {
    mutant.run(problem.arguments(), run);
    mutant.run(problem.arguments(), run);  // what a call leaves behind counts too
    EXPECT_FALSE(mutant.violates) << "no report";
    EXPECT_NE(problem.y, expected) << "the same bits";
  } catch (const simt::Violation& violation) {
    EXPECT_TRUE(mutant.violates) << violation.what();
    const std::string line = line_of(mutant, violation);
    EXPECT_NE(line.find(mutant.at), std::string::npos) << violation.what() << "\nnames the line: " << line;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug, testing::Range(std::size_t{0}, mutants().size()),
                         [](const auto& parameter) { return mutants()[parameter.param].name; });

TEST(PlantedBugs, AreAllLinkedIn) {
  EXPECT_GE(mutants().size(), 75u);
}

}  // namespace
}  // namespace fp6sim::kernels
