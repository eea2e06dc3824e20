#include "app/rtl/coverage.h"

#include "app/rtl/judge.h"

namespace fp6sim::rtl {

void Coverage::see_beat(const BeatMode& mode, const BeatMode* previous, std::span<const std::uint8_t> codes) {
  modes_.set((mode.format * kNumSplits + mode.split) * 2 + (mode.bfloat ? 1 : 0));
  if (previous != nullptr) changes_.set(previous->format * kNumFormats + mode.format);
  for (std::size_t lane = 0; lane < codes.size(); ++lane) codes_[mode.format][lane].set(codes[lane]);
}

void Coverage::see_result(std::uint16_t bits, bool bfloat) {
  const int magnitude = bits & 0x7FFF;
  const int infinity = bfloat ? 0x7F80 : 0x7C00;
  const int smallest_normal = bfloat ? 0x80 : 0x400;
  const int kind = magnitude == 0                ? 0
                   : magnitude < smallest_normal ? 1
                   : magnitude < infinity        ? 2
                   : magnitude == infinity       ? 3
                                                 : 4;
  results_.set(static_cast<std::size_t>(kind + (bfloat ? 5 : 0)));
}

std::vector<Coverage::Bin> Coverage::bins(const UnitParameters& unit) const {
  const int lanes = unit.lanes;
  std::size_t legal_modes = 0, legal_codes = 0, hit_codes = 0;
  for (std::uint8_t f = 0; f < kNumFormats; ++f) {
    for (std::uint8_t s = 0; s < kNumSplits; ++s) {
      if (expected_error({.format = f, .split = s}, lanes) == 0) legal_modes += 2;
    }
    legal_codes += static_cast<std::size_t>(lanes) << unit_code_bits(f);
    for (int lane = 0; lane < lanes; ++lane) hit_codes += codes_[f][static_cast<std::size_t>(lane)].count();
  }
  // A unit of one register holds one beat: no format change inside.
  // No bfloat16 result is subnormal (the smallest product is 2^-28), and bfloat16 is always among the modes;
  // ErrorOutput cannot be raised by a unit that has it.
  return {{"format x split x type", modes_.count(), legal_modes},
          {"format changes", changes_.count(), changes_.size()},
          {"lane x format x code", hit_codes, legal_codes},
          {"error causes", errors_.count(), 3},
          {"stream events", events_.count(), events_.size() - (unit.depth == 1 ? 1 : 0)},
          {"result classes", results_.count(), 9}};
}

std::string Coverage::summary(const UnitParameters& unit) const {
  std::string line;
  for (const Bin& bin : bins(unit)) {
    if (!line.empty()) line += ", ";
    line += bin.name + " " + std::to_string(bin.hit) + "/" + std::to_string(bin.total);
  }
  return line;
}

bool Coverage::complete(const UnitParameters& unit) const {
  for (const Bin& bin : bins(unit)) {
    if (bin.hit != bin.total) return false;
  }
  return true;
}

}  // namespace fp6sim::rtl
