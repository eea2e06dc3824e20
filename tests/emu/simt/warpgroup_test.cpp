// wgmma on the executor: every layout a descriptor can name gives the product, and what the program may not
// do between issue and wait is reported.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "emu/binary16.h"
#include "emu/mma/mma.h"
#include "emu/simt/device.h"
#include "emu/simt/launch.h"

namespace fp6sim::simt {
namespace {

constexpr unsigned kTokens = 24;

/// How B lies in shared memory, and its descriptor, written from the PTX ISA's pictures rather than from the
/// decoder: `unit` is the 16-byte piece of row `row` that holds columns 8 * chunk.
struct Layout {
  const char* name;
  std::uint64_t swizzle, leading, stride;
  unsigned first_chunk;  ///< of the row's chunks, where the 16 columns start
  unsigned (*unit)(unsigned row, unsigned chunk);
};
constexpr Layout kLayouts[] = {
    {"none", 0, 512, 128, 0, [](unsigned row, unsigned chunk) { return chunk * 32 + row / 8 * 8 + row % 8; }},
    {"bytes32", 3, 16, 256, 0,
     [](unsigned row, unsigned chunk) { return row * 2 + (chunk ^ (row / 4 % 2)); }},
    {"bytes64", 2, 16, 512, 2,
     [](unsigned row, unsigned chunk) { return row * 4 + (chunk ^ (row / 2 % 4)); }},
    {"bytes128", 1, 16, 1024, 4, [](unsigned row, unsigned chunk) { return row * 8 + (chunk ^ (row % 8)); }},
};

std::uint64_t descriptor(const Layout& layout, std::uint64_t start) {
  return start / 16 | layout.leading / 16 << 16 | layout.stride / 16 << 32 | layout.swizzle << 62;
}

/// What a test changes of the kernel below.
struct Plan {
  Layout layout = kLayouts[3];
  std::uint64_t start = 1024;
  bool proxy_fence = true, fence = true, commit = true, wait = true, touch_a = false, touch_d = false;
  bool write_b = false, lonely_warp = false;
};

struct Operands {
  std::vector<std::uint16_t> a, b;
  std::vector<float> d;
};

void kernel(const Plan* plan, const std::uint16_t* a, const std::uint16_t* b, float* out) {
  std::byte* const shared = dynamic_shared();
  const unsigned t = thread_idx().x, warp = warp_id(), lane = lane_id();
  if (t < kTokens) {
    for (unsigned k = 0; k < 16; ++k) {
      const unsigned unit = plan->layout.unit(t, plan->layout.first_chunk + k / 8);
      store_shared(reinterpret_cast<std::uint16_t*>(shared + 1024 + 16 * unit) + k % 8, b[t * 16 + k]);
    }
    if (plan->proxy_fence) fence_proxy_async();
  }
  sync_threads();
  const unsigned row = 16 * warp + lane / 4;
  std::uint32_t fragment[1][4];
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint16_t* const pair = a + (row + i % 2 * 8) * 16 + lane % 4 * 2 + i / 2 * 8;
    fragment[0][i] = std::uint32_t{pair[1]} << 16 | pair[0];
  }
  float d[kTokens / 8][4] = {};
  wgmma_fence(d);
  if (plan->fence) wgmma_fence(fragment);
  const std::uint64_t at = descriptor(plan->layout, plan->start + 16 * plan->layout.first_chunk);
  if (!plan->lonely_warp || warp != 2) wgmma(MmaInput::kF16, d, fragment[0], at);
  if (plan->commit) wgmma_commit();
  if (plan->touch_a) fragment[0][0] ^= 1;
  if (plan->touch_d) d[0][0] += 1;
  if (plan->write_b && t == 0) {
    store_shared(reinterpret_cast<std::uint16_t*>(shared + 1024 + 16 * plan->layout.first_chunk),
                 std::uint16_t{0});
  }
  if (plan->wait) wgmma_wait_group(0);
  for (unsigned token = 0; token < kTokens / 8; ++token) {
    for (unsigned i = 0; i < 4; ++i) {
      store_global(out + (row + i / 2 * 8) * kTokens + token * 8 + lane % 4 * 2 + i % 2, d[token][i]);
    }
  }
}

Operands run(const Plan& plan, const std::string& architecture = "hopper") {
  Operands operands;
  std::mt19937 random(5);
  for (unsigned i = 0; i < 64 * 16; ++i) operands.a.push_back(emu::to_binary16(float(random() % 64) / 8 - 4));
  for (unsigned i = 0; i < kTokens * 16; ++i) {
    operands.b.push_back(emu::to_binary16(float(random() % 64) / 8 - 4));
  }
  operands.d.assign(64 * kTokens, -1.0f);
  LaunchConfig config;
  config.kernel_name = "warpgroup";
  config.block = {128};
  config.dynamic_shared_bytes = 8192;
  config.architecture = architecture;
  config.buffers = {read_write("out", operands.d.data(), operands.d.size())};
  launch(config, kernel, &plan, static_cast<const std::uint16_t*>(operands.a.data()),
         static_cast<const std::uint16_t*>(operands.b.data()), operands.d.data());
  return operands;
}

class Layouts : public testing::TestWithParam<Layout> {};

TEST_P(Layouts, GiveTheProduct) {
  Plan plan;
  plan.layout = GetParam();
  const Operands operands = run(plan);
  for (unsigned m = 0; m < 64; ++m) {
    for (unsigned n = 0; n < kTokens; ++n) {
      float sum = 0;  // exact: products of multiples of 1/8 below 4
      for (unsigned k = 0; k < 16; ++k) {
        sum += emu::from_binary16(operands.a[m * 16 + k]) * emu::from_binary16(operands.b[n * 16 + k]);
      }
      ASSERT_EQ(operands.d[m * kTokens + n], sum) << "row " << m << " token " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Layouts, testing::ValuesIn(kLayouts),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

void expect(const Plan& plan, ViolationKind kind, const std::string& text,
            const std::string& architecture = "hopper") {
  try {
    run(plan, architecture);
    ADD_FAILURE() << "no report; expected: " << text;
  } catch (const Violation& violation) {
    EXPECT_STREQ(violation_kind_name(violation.kind), violation_kind_name(kind)) << violation.what();
    EXPECT_NE(std::string(violation.what()).find(text), std::string::npos) << violation.what();
  }
}

TEST(Warpgroup, NeedsHopper) {
  expect({}, ViolationKind::kBadArgument, "Hopper alone", "ampere");
  expect({}, ViolationKind::kBadArgument, "Hopper alone", "blackwell");
}

TEST(Warpgroup, NeedsItsFences) {
  Plan plan;
  plan.fence = false;
  expect(plan, ViolationKind::kRace, "a fragment of A was never named by a wgmma_fence");
  plan = {};
  plan.proxy_fence = false;
  expect(plan, ViolationKind::kRace, "without a fence_proxy_async");
}

TEST(Warpgroup, MustBeCommittedAndWaitedFor) {
  Plan plan;
  plan.commit = false;
  expect(plan, ViolationKind::kInFlight, "has not been waited for");
  plan = {};
  plan.wait = false;
  expect(plan, ViolationKind::kInFlight, "has not been waited for");
}

TEST(Warpgroup, OwnsItsOperandsUntilTheWait) {
  Plan plan;
  plan.touch_a = true;
  expect(plan, ViolationKind::kInFlight, "registers of A were written");
  plan = {};
  plan.touch_d = true;
  expect(plan, ViolationKind::kInFlight, "an accumulator was written");
  plan = {};
  plan.write_b = true;
  expect(plan, ViolationKind::kRace, "is not ordered after");
}

TEST(Warpgroup, IsExecutedByItsFourWarpsAlike) {
  Plan plan;
  plan.lonely_warp = true;
  expect(plan, ViolationKind::kBadBarrier, "another warp of the warpgroup executes");
}

TEST(Warpgroup, RefusesDescriptorsWithoutMeaning) {
  Plan plan;
  plan.start = 1024 + 128;  // the second row of a pattern
  expect(plan, ViolationKind::kMisaligned, "inside a swizzle pattern");
  plan = {};
  plan.start = 1024 + 3 * 16;
  expect(plan, ViolationKind::kMisaligned, "cross the end of a 128-byte row");
  plan = {};
  plan.layout.stride = 8192;
  expect(plan, ViolationKind::kOutOfBounds, "wgmma operand B");
  plan = {};
  plan.layout.leading = std::uint64_t{1} << 18;
  expect(plan, ViolationKind::kMisaligned, "reserved bits");
}

void hand_over(unsigned from, unsigned to) {
  LaunchConfig config;
  config.kernel_name = "registers";
  config.block = {256};
  config.architecture = "hopper";
  launch(config, [=] { warp_id() < 4 ? lower_registers(from) : raise_registers(to); });
}

TEST(Registers, AreHandedOverAsFarAsThereAreSome) {
  EXPECT_NO_THROW(hand_over(256 - 16, 256));
  EXPECT_THROW(hand_over(100, 248), Violation);  // not a multiple of 8
  EXPECT_THROW(hand_over(16, 248), Violation);
  EXPECT_THROW(hand_over(24, 200), Violation);  // fewer than 65,536 / 256 rounded down to 8, at most 255
}

TEST(Registers, OfAllWarpsFitTheSm) {
  LaunchConfig config;
  config.kernel_name = "registers";
  config.block = {384};
  config.architecture = "hopper";
  const auto all = [&](unsigned low, unsigned high) {
    launch(config, [=] { warp_id() < 4 ? lower_registers(low) : raise_registers(high); });
  };
  EXPECT_NO_THROW(all(40, 232));
  EXPECT_THROW(all(40, 240), Violation);
}

}  // namespace
}  // namespace fp6sim::simt
