// The chooser and the checks: what they accept, what they refuse and how they say so.
#include <gtest/gtest.h>

#include "emu/error.h"
#include "kernels/gemm.h"

namespace fp6sim::kernels {
namespace {

Gpu a100() {
  return {80, 108, 164 * 1024, 163 * 1024};
}
Gpu h100() {
  return {90, 132, 228 * 1024, 227 * 1024};
}

std::string refusal(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu, int splits = 0) {
  Plan plan;
  const Status status = choose_plan(spec, shape, gpu, plan, splits);
  return status.ok() ? "accepted" : status.message;
}

TEST(Plan, FillsTheGpuOnPublishedLayers) {
  for (const Gpu& gpu : {a100(), h100()}) {
    for (const auto& [m, k] :
         {std::pair{8192, 22016}, {22016, 8192}, {8192, 8192}, {24576, 8192}, {5120, 5120}}) {
      for (const int n : {1, 8, 16, 32}) {
        Plan plan;
        ASSERT_TRUE(choose_plan({}, {m, k, n}, gpu, plan).ok());
        EXPECT_GE(plan.ctas(), gpu.sm_count * 2 / 3) << m << "x" << k << " n " << n;
        EXPECT_LE(plan.shared_bytes, gpu.shared_bytes_per_block);
        EXPECT_EQ(plan.m_tiles * plan.tile_m >= m && (plan.m_tiles - 1) * plan.tile_m < m, true);
      }
    }
  }
}

TEST(Plan, TakesTheNarrowestBatchTile) {
  const std::pair<int, int> expected[] = {{1, 8},   {8, 8},   {9, 16},   {17, 32},
                                          {33, 64}, {64, 64}, {65, 128}, {512, 128}};
  for (const auto& [n, tile] : expected) {
    Plan plan;
    ASSERT_TRUE(choose_plan({}, {4096, 4096, n}, a100(), plan).ok());
    EXPECT_EQ(plan.tile_n, tile) << "batch " << n;
    EXPECT_EQ(plan.n_tiles, (n + tile - 1) / tile);
  }
}

TEST(Plan, TakesWarpgroupsForLargeBatchesOnHopperAlone) {
  struct Expected {
    int capability, n;
    Generation generation;
    int tile_n;
  };
  for (const Expected& expected : std::to_array<Expected>({{90, 32, Generation::kHopper, 32},
                                                           {90, 33, Generation::kWarpgroup, 64},
                                                           {90, 65, Generation::kWarpgroup, 128},
                                                           {90, 512, Generation::kWarpgroup, 128},
                                                           {100, 33, Generation::kHopper, 64},
                                                           {100, 512, Generation::kHopper, 64},
                                                           {120, 512, Generation::kAmpere, 128},
                                                           {120, 8, Generation::kAmpere, 8},
                                                           {89, 512, Generation::kAmpere, 128}})) {
    Gpu gpu = a100();
    gpu.compute_capability = expected.capability;
    Plan plan;
    ASSERT_TRUE(choose_plan({}, {4096, 4096, expected.n}, gpu, plan).ok());
    EXPECT_EQ(plan.generation, expected.generation) << expected.capability << " batch " << expected.n;
    EXPECT_EQ(plan.tile_n, expected.tile_n) << expected.capability << " batch " << expected.n;
  }
  Gpu small = a100();
  small.compute_capability = 90;
  small.shared_bytes_per_block = 80 * 1024;
  Plan plan;
  ASSERT_TRUE(choose_plan({}, {4096, 4096, 512}, small, plan).ok());
  EXPECT_EQ(plan.generation, Generation::kHopper);
  EXPECT_EQ(plan.tile_n, 32);
}

TEST(Plan, RefusesWithTheValueAndWhatIsAccepted) {
  EXPECT_NE(refusal({}, {0, 64, 1}, a100()).find("m = 0"), std::string::npos);
  EXPECT_NE(refusal({}, {64, std::int64_t{1} << 40, 1}, a100()).find("1..16777216"), std::string::npos);
  EXPECT_NE(refusal({}, {64, 64, -3}, a100()).find("n = -3"), std::string::npos);
  EXPECT_NE(refusal(kernel_by_name("w4a16-g128"), {64, 192, 1}, a100()).find("multiple of the group, 128"),
            std::string::npos);
  Gpu turing = a100();
  turing.compute_capability = 75;
  EXPECT_NE(refusal({}, {64, 64, 1}, turing).find("7.5"), std::string::npos);
  EXPECT_NE(refusal({}, {64, 64, 1}, a100(), 65).find("splits = 65"), std::string::npos);
  Gpu tiny = a100();
  tiny.shared_bytes_per_block = 16 * 1024;
  EXPECT_NE(refusal({}, {64, 64, 1}, tiny).find("shared memory"), std::string::npos);
  KernelSpec odd;
  odd.group = 256;
  EXPECT_NE(refusal(odd, {64, 256, 1}, a100()).find("not compiled"), std::string::npos);
}

TEST(Plan, FallsBackToNarrowerTilesWhereSharedMemoryIsSmall) {
  Gpu small = a100();
  small.shared_bytes_per_block = 100 * 1024;
  Plan plan;
  ASSERT_TRUE(choose_plan({}, {4096, 4096, 128}, small, plan).ok());
  EXPECT_EQ(plan.tile_n, 64);
  EXPECT_EQ(plan.n_tiles, 2);
}

class Check : public testing::Test {
 protected:
  struct alignas(128) Line {
    std::byte bytes[128];
  };
  void SetUp() override {
    shape_ = {64, 256, 2};
    ASSERT_TRUE(choose_plan(spec_, shape_, a100(), arguments_.plan, 2).ok());
    PackedLayout layout;
    ASSERT_TRUE(packed_layout(spec_, 64, 256, layout).ok());
    packed_.resize(layout.bytes / 128);
    workspace_.resize(workspace_bytes(arguments_.plan) / 128);
    x_.resize(512);
    y_.resize(128);
    arguments_.spec = spec_;
    arguments_.shape = shape_;
    arguments_.packed = packed_.data();
    arguments_.packed_bytes = layout.bytes;
    arguments_.x = x_.data();
    arguments_.y = y_.data();
    arguments_.workspace = workspace_.data();
    arguments_.workspace_bytes = workspace_bytes(arguments_.plan);
  }
  void expect(StatusCode code, const std::string& text) {
    const Status status = check(arguments_);
    EXPECT_EQ(status.code, code) << status.message;
    EXPECT_NE(status.message.find(text), std::string::npos) << status.message;
  }
  KernelSpec spec_;
  GemmShape shape_;
  GemmArguments arguments_;
  std::vector<Line> packed_, workspace_;
  std::vector<std::uint16_t> x_, y_;
};

TEST_F(Check, AcceptsWhatIsRight) {
  EXPECT_TRUE(check(arguments_).ok()) << check(arguments_).message;
}
TEST_F(Check, NullPointers) {
  arguments_.x = nullptr;
  expect(StatusCode::kBadPointer, "x is null");
}
TEST_F(Check, NullOutput) {
  arguments_.y = nullptr;
  expect(StatusCode::kBadPointer, "y is null");
}
TEST_F(Check, Misalignment) {
  arguments_.packed = static_cast<const std::byte*>(arguments_.packed) + 16;
  expect(StatusCode::kBadPointer, "packed weights is not aligned to 128");
}
TEST_F(Check, ShortPackedWeights) {
  arguments_.packed_bytes -= 1;
  expect(StatusCode::kBadBuffer, "packed weights has");
}
TEST_F(Check, ShortWorkspace) {
  arguments_.workspace_bytes -= 1;
  expect(StatusCode::kBadBuffer, "workspace has");
}
TEST_F(Check, MissingWorkspace) {
  arguments_.workspace = nullptr;
  expect(StatusCode::kBadPointer, "workspace is null");
}
TEST_F(Check, APlanOfAnotherShape) {
  arguments_.shape.k = 128;
  expect(StatusCode::kBadValue, "not choose_plan()'s");
}
TEST_F(Check, AnAlteredPlan) {
  arguments_.plan.tile_n = 16;
  expect(StatusCode::kBadValue, "not choose_plan()'s");
}

TEST(PackWeights, RefusesScalesThatCannotCarryTheShift) {
  PackedLayout layout;
  ASSERT_TRUE(packed_layout({}, 2, 64, layout).ok());
  struct alignas(128) Line {
    std::byte bytes[128];
  };
  std::vector<Line> lines(layout.bytes / 128);
  const std::span<std::byte> packed(reinterpret_cast<std::byte*>(lines.data()), layout.bytes);
  const std::vector<std::uint8_t> codes(128);
  std::vector<std::uint16_t> scales{0x3C00, 0x4BFF};  // 1 and just below 16
  EXPECT_TRUE(pack_weights({}, 2, 64, codes, scales, {}, packed).ok());
  scales[1] = 0x4C00;  // 16: times 2^12 it is infinite
  const Status status = pack_weights({}, 2, 64, codes, scales, {}, packed);
  EXPECT_EQ(status.code, StatusCode::kBadValue);
  EXPECT_NE(status.message.find("row 1"), std::string::npos) << status.message;
  scales[1] = 0x7E00;
  EXPECT_EQ(pack_weights({}, 2, 64, codes, scales, {}, packed).code, StatusCode::kBadValue);
  scales.pop_back();
  EXPECT_EQ(pack_weights({}, 2, 64, codes, scales, {}, packed).code, StatusCode::kBadBuffer);
}

TEST(Names, RoundTrip) {
  for (const KernelSpec& spec : kernel_specs()) {
    EXPECT_EQ(kernel_by_name(kernel_name(spec), emu::name(spec.split), spec.activation), spec);
  }
  EXPECT_EQ(kernel_by_name("w6a16").split, emu::Split::k4Plus2Byte);
  EXPECT_EQ(kernel_by_name("w6a16-g128").group, 128);
  EXPECT_EQ(kernel_by_name("w6a16-g64", "2+4").split, emu::Split::k2Plus4);
  EXPECT_EQ(kernel_by_name("w6a16-g32-e2m3").weights, WeightFormat::kE2M3);
  EXPECT_EQ(kernel_by_name("w5a16-g128").split, emu::Split::k1Plus4);
  EXPECT_EQ(kernel_name(kernel_by_name("w6a16")), "w6a16");
  EXPECT_EQ(kernel_by_name("w5a16-row").split, emu::Split::k1Plus4);
  EXPECT_EQ(kernel_by_name("w4a16-g128-zp").zero_point, true);
  EXPECT_THROW(kernel_by_name("w7a16"), Error);
  EXPECT_THROW(kernel_by_name("w6a16", "packed6"), Error);
}

}  // namespace
}  // namespace fp6sim::kernels
