// The C++ timing model and the RTL, side by side: the same handshakes in every cycle.
#include <gtest/gtest.h>

#include <vector>

#include "app/rtl/judge.h"
#include "emu/rounding.h"
#include "rtl/model/unit_timing.h"

namespace fp6sim::rtl {
namespace {

class RtlTiming : public ::testing::TestWithParam<UnitParameters> {
 protected:
  std::uint32_t random(std::uint32_t below) {
    return static_cast<std::uint32_t>(std::uint64_t{emu::stochastic_bits(23, count_++)} * below >> 32);
  }
  std::uint64_t count_ = 0;
};

TEST_P(RtlTiming, ModelAndRtlAgreeInEveryCycle) {
  const UnitParameters& parameters = GetParam();
  const auto unit = make_unit(parameters.name);
  UnitTiming timing(parameters.depth);
  const std::vector<std::uint32_t> bus(static_cast<std::size_t>(parameters.bus_words()), 0x5A5A5A5Au);
  const std::vector<std::uint16_t> scales(static_cast<std::size_t>(parameters.scales_per_beat), 0x3C00);
  const std::vector<std::uint8_t> zeros(scales.size());

  UnitTiming::Offer offer;
  std::uint64_t moved = 0;
  for (int cycle = 0; cycle < 60000; ++cycle) {
    const std::uint32_t busy = 1 + static_cast<std::uint32_t>(cycle) / 10000;  // from starved to saturated
    if (!offer.beat && random(6) < busy) {
      offer.beat = true;
      offer.illegal = random(12) == 0;
      offer.group_beats = static_cast<std::uint16_t>(1 + random(4));
    }
    offer.scale = offer.scale || random(6) < busy;
    offer.out_ready = random(6) < busy;
    if (offer.beat) {
      const BeatMode mode{.format = static_cast<std::uint8_t>(offer.illegal ? 11 : 0),
                          .split = kSplitPacked,
                          .group_beats = offer.group_beats};
      unit->drive_beat(bus, mode);
    } else {
      unit->drive_no_beat();
    }
    if (offer.scale) {
      unit->drive_scale(scales, zeros);
    } else {
      unit->drive_no_scale();
    }
    unit->drive_out_ready(offer.out_ready);
    unit->settle();
    const UnitTiming::Answer answer = timing.settle(offer);
    ASSERT_EQ(answer.out_valid, unit->out_valid()) << "cycle " << cycle;
    ASSERT_EQ(answer.scale_ready, unit->scale_ready()) << "cycle " << cycle;
    if (offer.beat) {
      ASSERT_EQ(answer.beat_ready, unit->beat_ready()) << "cycle " << cycle;
      if (answer.beat_ready) offer.beat = offer.illegal = false, ++moved;
    }
    const UnitTiming::Answer scale_answer = answer;
    timing.clock();
    unit->clock();
    if (scale_answer.scale_ready) offer.scale = false;
  }
  EXPECT_GT(moved, 10000u);
}

// A tile of n beats under one scale: two cycles for the scale, one a beat, the latency at the end. This is
// what a simulator that only knows lanes and latency adds up.
TEST_P(RtlTiming, ATileTakesItsBeatsAndTheLatency) {
  const UnitParameters& parameters = GetParam();
  const auto unit = make_unit(parameters.name);
  const std::vector<std::uint32_t> bus(static_cast<std::size_t>(parameters.bus_words()), 0u);
  const std::vector<std::uint16_t> scales(static_cast<std::size_t>(parameters.scales_per_beat), 0x3C00);
  const std::vector<std::uint8_t> zeros(scales.size());
  constexpr int kBeats = 100;
  int sent = 0, received = 0, cycles = 0, first_in = -1, first_out = -1;
  bool scale_sent = false;
  unit->drive_out_ready(true);
  while (received < kBeats && cycles < 1000) {
    if (sent < kBeats) {
      unit->drive_beat(bus, {.format = 0, .split = kSplitPacked, .group_beats = kBeats});
    } else {
      unit->drive_no_beat();
    }
    if (!scale_sent) {
      unit->drive_scale(scales, zeros);
    } else {
      unit->drive_no_scale();
    }
    unit->settle();
    scale_sent = scale_sent || unit->scale_ready();
    if (unit->out_valid() && received++ == 0) first_out = cycles;
    if (sent < kBeats && unit->beat_ready() && sent++ == 0) first_in = cycles;
    unit->clock();
    ++cycles;
  }
  const int latency = UnitTiming(parameters.depth).latency_cycles();
  EXPECT_EQ(latency, parameters.depth);
  // With a register in front (Depth 4) the beat enters before its scale is there and waits inside.
  EXPECT_EQ(first_in, parameters.depth == 4 ? 0 : 2);
  EXPECT_EQ(first_out, std::max(first_in + latency, 2 + std::min(latency, 3)));
  EXPECT_EQ(cycles, first_out + kBeats);
}

std::string model_test_name(const ::testing::TestParamInfo<UnitParameters>& info) {
  std::string name(info.param.name);
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Models, RtlTiming, ::testing::ValuesIn(unit_models().begin(), unit_models().end()),
                         model_test_name);

}  // namespace
}  // namespace fp6sim::rtl
