// What the RTL must yield, from emu: the values of codes, the packing of beats, the legal modes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "emu/packing/split.h"
#include "rtl/model/dequant_unit.h"

namespace fp6sim::rtl {

/// Name of a format code of the unit ("e3m2" .. "int4-zp").
std::string_view unit_format_name(std::uint8_t format);
/// Bits of its codes.
int unit_code_bits(std::uint8_t format);

/// emu's split for the unit's split code at codes of that width; nothing where the format has no such split.
std::optional<emu::Split> unit_split(std::uint8_t split, int code_bits);

/// The error a beat of that mode must raise in a unit with everything built in; 0 is a legal beat.
std::uint8_t expected_error(const BeatMode& mode, int lanes);

/// value(code) * scale, rounded once as emu does; NaN is 0x7FFF.
std::uint16_t expected_result(std::uint8_t format, bool bfloat, std::uint8_t code, std::uint8_t zero,
                              std::uint16_t scale);

/// A beat's words on the bus: emu's linear order, wide array first, each array as long as its lanes need (the
/// narrow one need not start on a word where a beat is short). `bus` is overwritten whole.
void pack_beat(emu::Split split, std::span<const std::uint8_t> codes, std::span<std::uint32_t> bus);

}  // namespace fp6sim::rtl
