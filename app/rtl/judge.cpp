#include "app/rtl/judge.h"

#include <algorithm>
#include <array>

#include "emu/dequantize.h"
#include "emu/format.h"
#include "emu/packing/linear.h"

namespace fp6sim::rtl {
namespace {

using emu::Split;

struct UnitFormat {
  std::string_view name;
  std::string_view emu_name;
  bool zero_point;
};

constexpr std::array<UnitFormat, kNumFormats> kUnitFormats{{{"e3m2", "e3m2", false},
                                                            {"e2m3", "e2m3", false},
                                                            {"e2m2", "e2m2", false},
                                                            {"e3m1", "e3m1", false},
                                                            {"e2m1", "e2m1", false},
                                                            {"int8", "int8", false},
                                                            {"int4", "int4", false},
                                                            {"int4-zp", "int4", true}}};

const std::array<const emu::Format*, kNumFormats>& rows() {
  static const auto table = [] {
    std::array<const emu::Format*, kNumFormats> found{};
    for (int f = 0; f < kNumFormats; ++f) found[f] = &emu::format_by_name(kUnitFormats[f].emu_name);
    return found;
  }();
  return table;
}

}  // namespace

std::string_view unit_format_name(std::uint8_t format) {
  return kUnitFormats[format].name;
}
int unit_code_bits(std::uint8_t format) {
  return rows()[format]->bits;
}

std::optional<Split> unit_split(std::uint8_t split, int code_bits) {
  if (split == kSplitPadded8) return Split::kPadded8;
  if (code_bits == 8) return split == kSplitPacked ? std::optional(Split::kPadded8) : std::nullopt;
  if (code_bits == 4) return split == kSplitPacked ? std::optional(Split::kPacked4) : std::nullopt;
  const bool six = code_bits == 6;
  switch (split) {
    case kSplitHighFirst:
      return six ? Split::k4Plus2 : Split::k4Plus1;
    case kSplitLowFirst:
      return six ? Split::k2Plus4 : Split::k1Plus4;
    case kSplitByte:
      return six ? std::optional(Split::k4Plus2Byte) : std::nullopt;
    case kSplitPacked:
      return six ? Split::kPacked6 : Split::kPacked5;
    default:
      return std::nullopt;
  }
}

std::uint8_t expected_error(const BeatMode& mode, int lanes) {
  if (mode.format >= kNumFormats) return kErrorFormat;
  const auto split = unit_split(mode.split, unit_code_bits(mode.format));
  if (!split || (*split == Split::k4Plus2Byte && lanes % 16 != 0)) return kErrorSplit;
  return mode.group_beats == 0 ? kErrorGroup : 0;
}

std::uint16_t expected_result(std::uint8_t format, bool bfloat, std::uint8_t code, std::uint8_t zero,
                              std::uint16_t scale) {
  const emu::Format& row = *rows()[format];
  float value;
  if (row.is_float()) {
    value = emu::decode(row.floating, code);
  } else if (kUnitFormats[format].zero_point) {
    value = static_cast<float>(static_cast<int>(code) - static_cast<int>(zero));
  } else {
    value = static_cast<float>(emu::decode_integer(row.bits, code));
  }
  const float factor = emu::from_binary16(scale);
  const std::uint16_t result =
      bfloat ? emu::dequantize_bfloat16(value, factor) : emu::dequantize_binary16(value, factor);
  const std::uint16_t infinity = bfloat ? 0x7F80 : 0x7C00;
  return (result & 0x7FFF) > infinity ? 0x7FFF : result;
}

void pack_beat(emu::Split split, std::span<const std::uint8_t> codes, std::span<std::uint32_t> bus) {
  std::array<std::uint32_t, 16> wide, narrow;  // 64 lanes of up to 8 bits
  const emu::LinearSize size = emu::linear_size(split, codes.size());
  emu::pack_linear(split, codes, std::span(wide).first(size.wide_words),
                   std::span(narrow).first(size.narrow_words));
  std::ranges::fill(bus, 0u);
  std::copy_n(wide.begin(), size.wide_words, bus.begin());
  const auto start = static_cast<std::size_t>(emu::info(split).wide_bits) * codes.size();
  for (std::size_t i = 0; i < size.narrow_words; ++i) {
    const std::uint64_t bits = std::uint64_t{narrow[i]} << (start % 32);
    const std::size_t at = start / 32 + i;
    bus[at] |= static_cast<std::uint32_t>(bits);
    if (at + 1 < bus.size()) bus[at + 1] |= static_cast<std::uint32_t>(bits >> 32);
  }
}

}  // namespace fp6sim::rtl
