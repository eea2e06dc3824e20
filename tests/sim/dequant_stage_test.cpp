// The C++ dequantisation stage: hand-computed cycles, emu's values, and what it refuses. That the RTL has the
// same cycles and bits is tests/rtl/stage_test.cpp.
#include <gtest/gtest.h>

#include <vector>

#include "emu/dequantize.h"
#include "emu/error.h"
#include "emu/packing/linear.h"
#include "sim/dequant_stage/timing_stage.h"

namespace fp6sim::sim {
namespace {

TEST(DequantStage, AnIdleUnitTakesTwoCyclesForTheScaleThenABeatACycle) {
  TimingStage stage({.lanes = 32, .depth = 2});
  EXPECT_EQ(stage.push({.beats = 10, .group_beats = 10}, 5), (BurstCycles{7, 16, 9, 18}));
}

TEST(DequantStage, FourRegistersTakeABeatBeforeItsScaleIsThere) {
  TimingStage stage({.lanes = 32, .depth = 4});
  EXPECT_EQ(stage.push({.beats = 3, .group_beats = 3}, 0), (BurstCycles{0, 3, 5, 7}));
}

TEST(DequantStage, GroupsAndBurstsFollowWithoutABubble) {
  TimingStage stage({.lanes = 32, .depth = 3});
  EXPECT_EQ(stage.push({.beats = 8, .group_beats = 1}, 0), (BurstCycles{2, 9, 5, 12}));
  EXPECT_EQ(stage.push({.beats = 5, .group_beats = 2}, 3), (BurstCycles{10, 14, 13, 17}));
  // Offered in the cycle after the last beat: its scale still takes two.
  EXPECT_EQ(stage.push({.beats = 1, .group_beats = 1}, 15), (BurstCycles{17, 17, 20, 20}));
}

TEST(DequantStage, BackPressureFillsTheRegistersThenHoldsTheInput) {
  TimingStage stage({.lanes = 32, .depth = 2});
  // Joined in 2, 3, then whenever a result two beats older is taken: 4, 8, 12.
  EXPECT_EQ(stage.push({.beats = 5, .group_beats = 5, .out_every = 4}, 0), (BurstCycles{2, 12, 4, 20}));
}

TEST(DequantStage, GivesEmusValuesOfEverySplit) {
  TimingStage stage({.lanes = 32});
  const std::vector<std::uint16_t> scales{0x3C00, 0x2E66, 0x0001, 0x7BFF};
  const std::vector<std::uint8_t> zeros{0, 7, 15, 8};
  for (const char* name : {"e3m2", "e2m3", "e2m2", "e3m1", "e2m1", "int8", "int4"}) {
    const emu::Format& format = emu::format_by_name(name);
    for (const emu::SplitInfo& split : emu::kSplits) {
      if (!split.accepts(format.bits)) continue;
      std::vector<std::uint8_t> codes(256);
      for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = static_cast<std::uint8_t>(i * 37 & ((1u << format.bits) - 1));
      const emu::PackedCodes packed = emu::pack_linear(split.split, codes);
      const bool zero_point = format.bits == 4 && !format.is_float();
      std::vector<std::uint16_t> out(codes.size());
      stage.dequantise({&format, zero_point, split.split, packed.wide, packed.narrow, 256, scales, zeros, 64},
                       false, out);
      for (std::size_t i = 0; i < codes.size(); ++i) {
        const float value = format.is_float() ? emu::decode(format.floating, codes[i])
                            : zero_point      ? static_cast<float>(int{codes[i]} - int{zeros[i / 64]})
                                         : static_cast<float>(emu::decode_integer(format.bits, codes[i]));
        ASSERT_EQ(out[i], emu::dequantize_binary16(value, emu::from_binary16(scales[i / 64])))
            << name << " " << split.name << " weight " << i;
      }
    }
  }
}

TEST(DequantStage, RefusesWhatNoUnitTakes) {
  EXPECT_THROW(TimingStage({.lanes = 0}), Error);
  EXPECT_THROW(TimingStage({.lanes = 1, .depth = 5}), Error);
  TimingStage stage({.lanes = 32});
  EXPECT_THROW(stage.push({.beats = 0}, 0), Error);
  EXPECT_THROW(stage.push({.beats = 1, .group_beats = 65536}, 0), Error);
  EXPECT_THROW(stage.push({.beats = 1, .out_every = 0}, 0), Error);

  const emu::Format& format = emu::format_by_name("e3m2");
  const std::vector<std::uint8_t> codes(32);
  const emu::PackedCodes packed = emu::pack_linear(emu::Split::k4Plus2, codes);
  const std::vector<std::uint16_t> scales(2, 0x3C00);
  std::vector<std::uint16_t> out(32);
  const WeightBits good{&format, false, emu::Split::k4Plus2, packed.wide, packed.narrow, 32, scales, {}, 16};
  EXPECT_NO_THROW(stage.dequantise(good, false, out));
  const auto refused = [&](auto change) {
    WeightBits bad = good;
    change(bad);
    EXPECT_THROW(stage.dequantise(bad, false, out), Error);
  };
  refused([](WeightBits& w) { w.format = &emu::format_by_name("e4m3"); });
  refused([](WeightBits& w) { w.split = emu::Split::k4Plus1; });
  refused([](WeightBits& w) { w.zero_point = true; });
  refused([](WeightBits& w) { w.group = 8; });  // needs four scales
  refused([](WeightBits& w) { w.wide = w.wide.first(3); });
  refused([](WeightBits& w) { w.count = 0; });
}

}  // namespace
}  // namespace fp6sim::sim
