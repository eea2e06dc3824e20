#include <algorithm>
#include <array>

#include "app/rtl/judge.h"
#include "app/rtl/verify_unit.h"
#include "emu/rounding.h"

namespace fp6sim::rtl {
namespace {

class ExhaustiveStimulus final : public Stimulus {
 public:
  ExhaustiveStimulus(std::uint8_t format, const UnitParameters& unit, int scale_step)
      : format_(format),
        lanes_(unit.lanes),
        codes_(1 << unit_code_bits(format)),
        step_(static_cast<std::uint32_t>(scale_step)),
        zeros_(format == kFormatInt4Zero ? 16u : 1u) {
    for (std::uint8_t s = 0; s < kNumSplits; ++s) {
      if (expected_error({.format = format, .split = s}, lanes_) == 0) splits_.push_back(s);
    }
  }

  bool next(PlannedGroup& group) override {
    const std::uint32_t at = index_ / zeros_ * step_;
    if (at >= 0x10000u) return false;
    group.scales.fill(static_cast<std::uint16_t>(at));
    group.zeros.fill(static_cast<std::uint8_t>(index_ % zeros_));
    group.beats.clear();
    const int beats = (codes_ + lanes_ - 1) / lanes_;
    for (int b = 0; b < 2 * beats; ++b) {
      PlannedBeat beat;
      beat.mode = {.format = format_,
                   .split = splits_[(index_ + static_cast<std::uint32_t>(b)) % splits_.size()],
                   .bfloat = b >= beats,
                   .group_beats = static_cast<std::uint16_t>(2 * beats),
                   .tag = tag_++};
      // Another lane for every code with every scale.
      for (int lane = 0; lane < lanes_; ++lane) {
        beat.codes[static_cast<std::size_t>(lane)] =
            static_cast<std::uint8_t>((b * lanes_ + lane + static_cast<int>(index_)) % codes_);
      }
      group.beats.push_back(beat);
    }
    ++index_;
    return true;
  }

 private:
  std::uint8_t format_;
  int lanes_, codes_;
  std::uint32_t step_, zeros_, index_ = 0;
  std::uint8_t tag_ = 0;
  std::vector<std::uint8_t> splits_;
};

class RandomStimulus final : public Stimulus {
 public:
  RandomStimulus(const UnitParameters& unit, std::uint64_t seed, int groups)
      : lanes_(unit.lanes), scales_per_beat_(unit.scales_per_beat), seed_(seed), groups_(groups) {}

  bool next(PlannedGroup& group) override {
    if (groups_-- == 0) return false;
    for (int s = 0; s < scales_per_beat_; ++s) {
      group.scales[static_cast<std::size_t>(s)] = scale();
      group.zeros[static_cast<std::size_t>(s)] = static_cast<std::uint8_t>(random(16));
    }
    group.beats.clear();
    const auto length = static_cast<std::uint16_t>(random(3) == 0 ? 1 : 1 + random(12));
    const bool one_format = random(2) == 0;
    const auto format = static_cast<std::uint8_t>(random(kNumFormats));
    for (int legal = 0; legal < length;) {
      PlannedBeat beat;
      beat.mode = {.format = one_format ? format : static_cast<std::uint8_t>(random(kNumFormats)),
                   .split = static_cast<std::uint8_t>(random(kNumSplits)),
                   .bfloat = random(4) == 0,
                   .group_beats = length,
                   .tag = 0};
      if (random(16) == 0) {  // a broken mode
        switch (random(3)) {
          case 0:
            beat.mode.format = static_cast<std::uint8_t>(kNumFormats + random(8));
            break;
          case 1:
            beat.mode.split = static_cast<std::uint8_t>(kNumSplits + random(3));
            break;
          default:
            beat.mode.group_beats = 0;
            break;
        }
      } else {
        while (expected_error(beat.mode, lanes_) != 0)
          beat.mode.split = static_cast<std::uint8_t>(random(kNumSplits));
      }
      if (expected_error(beat.mode, lanes_) == 0) {
        beat.mode.tag = tag_++;
        ++legal;
        const std::uint32_t codes = 1u << unit_code_bits(beat.mode.format);
        for (int lane = 0; lane < lanes_; ++lane) {
          beat.codes[static_cast<std::size_t>(lane)] = static_cast<std::uint8_t>(random(codes));
        }
      }
      group.beats.push_back(beat);
    }
    return true;
  }

 private:
  std::uint32_t random(std::uint32_t below) {
    return static_cast<std::uint32_t>(std::uint64_t{emu::stochastic_bits(seed_, count_++)} * below >> 32);
  }

  // Any bits, those of real weights, and the corners: zeros, subnormals, ends of the normal range,
  // infinities, NaNs.
  std::uint16_t scale() {
    static constexpr std::array<std::uint16_t, 12> kCorners{0x0000, 0x0001, 0x0200, 0x03FF, 0x0400, 0x0401,
                                                            0x3C00, 0x7BFF, 0x7C00, 0x7C01, 0x7FFF, 0x1400};
    const auto sign = static_cast<std::uint16_t>(random(2) << 15);
    switch (random(4)) {
      case 0:
        return static_cast<std::uint16_t>(sign | kCorners[random(kCorners.size())]);
      case 1:
        return static_cast<std::uint16_t>(sign | random(0x400));
      case 2:
        return static_cast<std::uint16_t>(sign | (0x1000 + random(0x1C00)));
      default:
        return static_cast<std::uint16_t>(sign | random(0x8000));
    }
  }

  int lanes_, scales_per_beat_;
  std::uint64_t seed_, count_ = 0;
  int groups_;
  std::uint8_t tag_ = 0;
};

}  // namespace

std::unique_ptr<Stimulus> exhaustive_stimulus(std::uint8_t format, const UnitParameters& unit,
                                              int scale_step) {
  return std::make_unique<ExhaustiveStimulus>(format, unit, scale_step);
}

std::unique_ptr<Stimulus> random_stimulus(const UnitParameters& unit, std::uint64_t seed, int groups) {
  return std::make_unique<RandomStimulus>(unit, seed, groups);
}

}  // namespace fp6sim::rtl
