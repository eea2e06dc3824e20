// The Verilated unit against emu: every code x scale, every lane, random stalls and mode changes, resets,
// errors.
#include <gtest/gtest.h>

#include "app/rtl/judge.h"
#include "app/rtl/verify_unit.h"
#include "emu/error.h"

namespace fp6sim::rtl {
namespace {

class RtlExhaustive : public ::testing::TestWithParam<int> {};

TEST_P(RtlExhaustive, EveryCodeTimesEveryScaleEqualsEmu) {
  const auto format = static_cast<std::uint8_t>(GetParam());
  const auto unit = make_unit("l32d2");
  Coverage coverage;
  const auto stimulus = exhaustive_stimulus(format, unit->parameters());
  const StreamResult result = run_stream(*unit, *stimulus, {}, 1, coverage);
  EXPECT_EQ(result.mismatches, 0u) << result.first_mismatch->describe();
  EXPECT_EQ(result.protocol_errors, 0u) << result.first_protocol_error;
  // Both output types; lanes beyond the number of codes carry some twice.
  const std::uint64_t codes = std::max(32, 1 << unit_code_bits(format));
  const std::uint64_t zeros = format == kFormatInt4Zero ? 16 : 1;
  EXPECT_EQ(result.compared, 2 * codes * zeros * 65536);
}

std::string format_test_name(const ::testing::TestParamInfo<int>& info) {
  std::string name(unit_format_name(static_cast<std::uint8_t>(info.param)));
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Formats, RtlExhaustive, ::testing::Range(0, kNumFormats), format_test_name);

class RtlModels : public ::testing::TestWithParam<UnitParameters> {};

TEST_P(RtlModels, RandomStreamsEqualEmuAndCoverEverything) {
  VerifyOptions options;
  options.model = GetParam().name;
  options.exhaustive = false;
  // One lane has few codes a beat, so covering every code takes more beats.
  options.random_groups = GetParam().lanes == 1 ? 40000 : 15000;
  const VerifyResult result = verify_unit(options);
  EXPECT_EQ(result.mismatches, 0u) << result.first_mismatch;
  EXPECT_GT(result.compared, 100000u);
  EXPECT_TRUE(result.coverage_complete) << result.coverage;
  RecordProperty("coverage", result.coverage);
  std::cout << "coverage: " << result.coverage << "\n";
}

std::string model_test_name(const ::testing::TestParamInfo<UnitParameters>& info) {
  std::string name(info.param.name);
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Models, RtlModels, ::testing::ValuesIn(unit_models().begin(), unit_models().end()),
                         model_test_name);

// Beats in every register, then reset at each of many moments: nothing of them comes out, and what follows is
// right.
TEST(RtlReset, InMidFlightForgetsEverything) {
  for (const UnitParameters& parameters : unit_models()) {
    const auto unit = make_unit(parameters.name);
    Coverage coverage;
    for (int moment = 1; moment < 24; ++moment) {
      const std::vector<std::uint32_t> bus(static_cast<std::size_t>(parameters.bus_words()), 0x12345678u);
      const std::vector<std::uint16_t> scales(static_cast<std::size_t>(parameters.scales_per_beat), 0x3C00);
      const std::vector<std::uint8_t> zeros(scales.size(), 3);
      for (int cycle = 0; cycle < moment; ++cycle) {
        unit->drive_beat(bus, {.format = kFormatInt8, .split = kSplitPacked, .group_beats = 5, .tag = 99});
        unit->drive_scale(scales, zeros);
        unit->drive_out_ready(cycle % 3 == 0);
        unit->settle();
        unit->clock();
      }
      unit->drive_reset(true);
      unit->settle();
      EXPECT_FALSE(unit->out_valid()) << "reset is asynchronous";
      unit->clock();
      unit->drive_no_beat();
      unit->drive_no_scale();
      unit->drive_reset(false);
      unit->settle();
      EXPECT_FALSE(unit->out_valid());
      unit->clock();
      const auto stimulus = random_stimulus(parameters, static_cast<std::uint64_t>(moment), 8);
      const StreamResult result = run_stream(*unit, *stimulus, {16, 16, 16}, 7, coverage);
      ASSERT_TRUE(result.clean()) << parameters.name << " moment " << moment << ": "
                                  << result.first_protocol_error
                                  << (result.first_mismatch ? result.first_mismatch->describe() : "");
    }
  }
}

// With nothing held back: one beat in every cycle, from the first to the last, group boundaries included.
TEST(RtlThroughput, OneBeatACycleWithoutBubbles) {
  for (const UnitParameters& parameters : unit_models()) {
    for (const std::uint8_t format : {std::uint8_t{0}, kFormatInt4Zero}) {
      const auto unit = make_unit(parameters.name);
      Coverage coverage;
      const auto stimulus = exhaustive_stimulus(format, parameters, 997);
      const StreamResult result = run_stream(*unit, *stimulus, {}, 1, coverage);
      EXPECT_TRUE(result.clean());
      // Two cycles until the first scale is prepared, Depth until the last result leaves; the rest is looking
      // for surplus.
      EXPECT_LE(result.cycles, result.beats + 2 + static_cast<std::uint64_t>(parameters.depth) + 8)
          << parameters.name;
    }
  }
}

TEST(RtlVerify, RefusesUnknownModelsAndUnwritableWaves) {
  VerifyOptions unknown, unwritable;
  unknown.model = "l33";
  unwritable.wave_path = "/no/such/folder/out.fst";
  EXPECT_THROW(verify_unit(unknown), Error);
  EXPECT_THROW(verify_unit(unwritable), Error);
}

TEST(RtlVerify, WritesWaves) {
  const std::string path = ::testing::TempDir() + "fp6sim_unit.fst";
  VerifyOptions options;
  options.wave_path = path;
  const VerifyResult result = verify_unit(options);
  EXPECT_EQ(result.mismatches, 0u) << result.first_mismatch;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  ASSERT_NE(file, nullptr);
  std::fseek(file, 0, SEEK_END);
  EXPECT_GT(std::ftell(file), 1000);
  std::fclose(file);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace fp6sim::rtl
