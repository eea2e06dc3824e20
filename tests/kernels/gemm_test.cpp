// Every kernel, run on the CPU, stores the very bits of emu's GEMM replay: every format, split, group and
// activation type, in its cp.async, bulk-copy and wgmma form, on shapes that take every path.
#include <gtest/gtest.h>

#include <string>

#include "app/verify/kernel_check.h"
#include "emu/error.h"
#include "tests/kernels/cases.h"

namespace fp6sim::kernels {
namespace {

using app::check_kernel;
using app::KernelCheck;

std::string label(const KernelSpec& spec, const Plan& plan, const Case& c) {
  return kernel_name(spec) + " " + std::string(emu::name(spec.split)) +
         (spec.activation == Activation::kFp16 ? " fp16" : " bf16") +
         (plan.generation == Generation::kAmpere   ? " cp.async"
          : plan.generation == Generation::kHopper ? " bulk copies"
                                                   : " wgmma") +
         " m " + std::to_string(c.shape.m) + " k " + std::to_string(c.shape.k) + " n " +
         std::to_string(c.shape.n) + ": " + c.why;
}

class Kernels : public testing::TestWithParam<std::size_t> {};

TEST_P(Kernels, AreBitEqualToTheReplay) {
  const KernelSpec& spec = kernel_specs()[GetParam()];
  std::uint64_t seed = 1;
  for (const Case& c : kCases) {
    for (const int capability : {80, 90, 100}) {
      if (capability == 100 && c.shape.n <= 32) continue;  // the very kernels of 90
      const Setting setting = setting_of(spec, c, capability);
      Plan plan;
      ASSERT_TRUE(choose_plan(spec, setting.shape, setting.gpu, plan, c.splits).ok());
      HostProblem problem(spec, setting.shape, plan, seed++);
      if (c.nans) plant_nans(problem);
      const auto run = [&](HostProblem& p) {
        HostRun host;
        host.architecture = emu::architecture_name(setting.architecture);
        run_on_host(p.arguments(), host);
      };
      const KernelCheck check = check_kernel(problem, setting.architecture, run);
      EXPECT_EQ(check.compared, c.shape.m * c.shape.n);
      ASSERT_EQ(check.mismatches, 0) << label(spec, plan, c) << "\n" << app::describe(*check.first);
      if (plan.splits == 1) continue;
      const std::vector<std::uint16_t> first = problem.y;
      run(problem);  // the counters must be back at zero
      ASSERT_EQ(problem.y, first) << label(spec, plan, c) << ", called again";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllSpecs, Kernels, testing::Range(std::size_t{0}, kernel_specs().size()),
                         [](const auto& parameter) {
                           const KernelSpec& spec = kernel_specs()[parameter.param];
                           std::string name = kernel_name(spec) + "_" + std::string(emu::name(spec.split)) +
                                              (spec.activation == Activation::kFp16 ? "_fp16" : "_bf16");
                           for (char& c : name) {
                             if (c == '-' || c == '+') c = '_';
                           }
                           return name;
                         });

TEST(Workspace, ServesOneCallAfterAnother) {
  const KernelSpec spec = kernel_by_name("w6a16");
  Plan plan;
  ASSERT_TRUE(choose_plan(spec, {256, 512, 4}, {}, plan, 4).ok());
  HostProblem problem(spec, {256, 512, 4}, plan, 3);
  for (int call = 0; call < 3; ++call) {  // the counters must be back at zero each time
    const KernelCheck check = check_kernel(problem, emu::Architecture::kAmpere,
                                           [](HostProblem& p) { run_on_host(p.arguments(), {}); });
    EXPECT_EQ(check.mismatches, 0) << "call " << call;
  }
}

TEST(Workers, DoNotChangeTheBits) {
  const KernelSpec spec = kernel_by_name("w4a16-g128");
  Plan plan;
  ASSERT_TRUE(choose_plan(spec, {512, 1024, 9}, {}, plan, 8).ok());
  HostProblem problem(spec, {512, 1024, 9}, plan, 4);
  std::vector<std::uint16_t> first;
  for (const unsigned workers : {1u, 2u, 5u}) {
    HostRun run;
    run.workers = workers;
    run_on_host(problem.arguments(), run);
    if (first.empty()) first = problem.y;
    EXPECT_EQ(problem.y, first) << workers << " workers";
  }
}

TEST(Mismatch, NamesWhereItComesFrom) {
  const KernelSpec spec = kernel_by_name("w6a16");
  const GemmShape shape{512, 640, 3};
  Plan plan;
  ASSERT_TRUE(choose_plan(spec, shape, {}, plan, 2).ok());
  HostProblem problem(spec, shape, plan, 5);
  // Flip the sign of weight (300, 469): 10 tiles, so split 1 has tiles 5..9; column 469 is step 1 of tile 7.
  const emu::TileOrder order{spec.split, 512, 640};
  const emu::TilePlace place = emu::tile_place(order, 300, 469);
  auto* words = reinterpret_cast<std::uint32_t*>(problem.packed().data());
  words[place.wide_word] ^= emu::wide_word_bits(spec.split, place.wide_slot, 0x20);
  problem.codes[300 * 640 + 469] |= 1;  // not zero, so that the sign matters
  const auto restore = problem.codes;
  const KernelCheck check = check_kernel(problem, emu::Architecture::kAmpere,
                                         [](HostProblem& p) { run_on_host(p.arguments(), {}); });
  ASSERT_TRUE(check.first.has_value());
  EXPECT_LE(check.mismatches, 3);
  EXPECT_EQ(check.first->row, 300);
  EXPECT_EQ(check.first->m_tile, 1);
  EXPECT_EQ(check.first->split, 1);
  EXPECT_EQ(check.first->k_tile, 7);
  EXPECT_EQ(check.first->stage, 2);
  EXPECT_EQ(check.first->k_step, 1);
  EXPECT_NE(app::describe(*check.first).find("columns 464..479"), std::string::npos)
      << app::describe(*check.first);
}

}  // namespace
}  // namespace fp6sim::kernels
