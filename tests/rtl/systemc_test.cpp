// The unit inside a SystemC simulation: the bits of emu, the cycles of the timing model.
#include <gtest/gtest.h>

#include <vector>

#include "app/rtl/judge.h"
#include "rtl/model/dequant_unit_module.h"
#include "rtl/model/unit_timing.h"

namespace fp6sim::rtl {
namespace {

constexpr int kGroups = 50, kGroupBeats = 4, kBeats = kGroups * kGroupBeats;

std::uint8_t code_of(int beat, int lane) {
  return static_cast<std::uint8_t>((beat * 7 + lane * 5) % 64);
}
std::uint16_t scale_of(int group) {
  return static_cast<std::uint16_t>(0x1C00 + 37 * group);
}

TEST(RtlSystemC, UnitInASimulationGivesEmusBitsAtItsPace) {
  sc_core::sc_clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
  sc_core::sc_fifo<BeatPacket> beats("beats", kBeats);
  sc_core::sc_fifo<ScalePacket> scales("scales", kGroups);
  sc_core::sc_fifo<ResultPacket> results("results", kBeats);
  DequantUnitModule module("unit", "l32d2");
  module.clock(clock);
  module.beats(beats);
  module.scales(scales);
  module.results(results);

  for (int beat = 0; beat < kBeats; ++beat) {
    BeatPacket packet;
    packet.mode = {.format = 0,
                   .split = kSplitHighFirst,
                   .group_beats = kGroupBeats,
                   .tag = static_cast<std::uint8_t>(beat)};
    std::array<std::uint8_t, 32> codes;
    for (int lane = 0; lane < 32; ++lane) codes[static_cast<std::size_t>(lane)] = code_of(beat, lane);
    pack_beat(emu::Split::k4Plus2, codes, std::span(packet.bus).first(8));
    ASSERT_TRUE(beats.nb_write(packet));
  }
  for (int group = 0; group < kGroups; ++group) {
    ScalePacket packet;
    packet.scales[0] = scale_of(group);
    ASSERT_TRUE(scales.nb_write(packet));
  }

  // The timing model's count: scale 2 cycles, then a beat a cycle, 2 registers.
  const int expected_cycles = 2 + kBeats + UnitTiming(2).latency_cycles();
  sc_core::sc_start(sc_core::sc_time(expected_cycles - 1, sc_core::SC_NS));
  EXPECT_EQ(results.num_available(), kBeats - 1);
  sc_core::sc_start(sc_core::sc_time(5, sc_core::SC_NS));
  ASSERT_EQ(results.num_available(), kBeats);
  for (int beat = 0; beat < kBeats; ++beat) {
    ResultPacket packet;
    ASSERT_TRUE(results.nb_read(packet));
    EXPECT_EQ(packet.tag, static_cast<std::uint8_t>(beat));
    for (int lane = 0; lane < 32; ++lane) {
      ASSERT_EQ(packet.lanes[static_cast<std::size_t>(lane)],
                expected_result(0, false, code_of(beat, lane), 0, scale_of(beat / kGroupBeats)));
    }
  }
}

}  // namespace
}  // namespace fp6sim::rtl

// SystemC's library brings a main of its own unless there is one.
int sc_main(int, char**) {
  return 0;
}
