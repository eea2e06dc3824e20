// Every kernel, run on the CPU, stores the very bits of emu's GEMM replay: every format, split, group and
// activation type, in its cp.async, bulk-copy and wgmma form, on shapes that take every path.
#include <gtest/gtest.h>

#include <string>

#include "app/verify/kernel_check.h"
#include "emu/error.h"

namespace fp6sim::kernels {
namespace {

using app::check_kernel;
using app::KernelCheck;

struct Case {
  GemmShape shape;
  int splits;
  const char* why;
};

// K is rounded up to the group where there is one.
constexpr Case kCases[] = {
    {{1, 1, 1}, 1, "the smallest GEMM there is"},
    {{16, 64, 1}, 1, "one block of weights"},
    {{256, 64, 8}, 1, "exactly one tile"},
    {{256, 256, 8}, 1, "as many k tiles as stages"},
    {{256, 192, 8}, 1, "one fewer"},
    {{256, 704, 8}, 1, "eleven: every slot is used a third time"},
    {{257, 128, 8}, 1, "a row in a second tile; three of four warps idle there"},
    {{64, 128, 3}, 1, "one warp has rows"},
    {{65, 72, 2}, 1, "ragged rows and columns, rows of x 16-byte aligned"},
    {{100, 100, 7}, 1, "k not a multiple of 8: elements one by one"},
    {{31, 33, 5}, 1, "odd k: rows of x are 2-byte aligned"},
    {{128, 65, 9}, 1, "a column in a second tile, batch tile 16"},
    {{255, 127, 10}, 2, "odd everything, split K"},
    {{300, 200, 5}, 2, "uneven split of four tiles"},
    {{192, 320, 16}, 3, "five tiles in three splits"},
    {{128, 448, 12}, 7, "one tile a split"},
    {{64, 640, 1}, 5, "two tiles a split, fewer than stages"},
    {{512, 128, 13}, 2, "two row tiles, counters of each"},
    {{80, 192, 17}, 1, "batch tile 32, nearly half empty"},
    {{272, 96, 24}, 1, "ragged rows at batch 24"},
    {{64, 136, 32}, 2, "exactly 32"},
    {{96, 264, 31}, 4, "an odd token beside an empty one"},
    {{64, 128, 33}, 1, "batch tile 64: eight warps"},
    {{200, 72, 48}, 1, "rows for seven of eight warps"},
    {{256, 136, 64}, 2, "exactly 64"},
    {{40, 50, 50}, 1, "element by element with eight warps"},
    {{64, 704, 65}, 1, "batch tile 128, half empty; every slot a third time"},
    {{130, 130, 100}, 2, "everything ragged in the widest tile"},
    {{288, 64, 128}, 1, "exactly 128, rows in two tiles"},
    {{64, 192, 130}, 3, "two batch tiles share one weight tile, split K"},
};
static_assert(std::size(kCases) == 30);

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
  for (Case c : kCases) {
    if (spec.group != 0) {
      c.shape.k = (c.shape.k + spec.group - 1) / spec.group * spec.group;
    }
    for (const int capability : {80, 90, 100}) {
      if (capability == 100 && c.shape.n <= 32) continue;  // the very kernels of 90
      const auto architecture = capability == 80   ? emu::Architecture::kAmpere
                                : capability == 90 ? emu::Architecture::kHopper
                                                   : emu::Architecture::kBlackwell;
      Gpu gpu;
      gpu.compute_capability = capability;
      Plan plan;
      ASSERT_TRUE(choose_plan(spec, c.shape, gpu, plan, c.splits).ok());
      HostProblem problem(spec, c.shape, plan, seed++);
      const KernelCheck check = check_kernel(problem, architecture, [&](HostProblem& p) {
        HostRun run;
        run.architecture = emu::architecture_name(architecture);
        run_on_host(p.arguments(), run);
      });
      EXPECT_EQ(check.compared, c.shape.m * c.shape.n);
      ASSERT_EQ(check.mismatches, 0) << label(spec, plan, c) << "\n" << app::describe(*check.first);
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

TEST(Tokens, KeepTheirNaNsToThemselves) {
  // k = 72: the last k tile reaches 56 columns beyond a row of x, where the next token's NaNs lie. The
  // weights there are zero, and would not hide them.
  const KernelSpec spec = kernel_by_name("w6a16");
  for (const int capability : {80, 90, 100}) {
    for (const std::int64_t n : {5, 40, 70}) {
      Gpu gpu;
      gpu.compute_capability = capability;
      Plan plan;
      ASSERT_TRUE(choose_plan(spec, {64, 72, n}, gpu, plan, 1).ok());
      HostProblem problem(spec, {64, 72, n}, plan, 6);
      for (std::int64_t token = 1; token < n; token += 2)
        std::fill_n(problem.x.begin() + token * 72, 72, 0x7E00);
      const auto architecture = capability == 80 ? emu::Architecture::kAmpere : emu::Architecture::kHopper;
      HostRun run;
      run.architecture = emu::architecture_name(architecture);
      run_on_host(problem.arguments(), run);
      EXPECT_EQ(problem.y, app::replay(problem, architecture)) << capability << " n " << n;
    }
  }
}

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
