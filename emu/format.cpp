#include "emu/format.h"

#include "emu/names.h"

namespace fp6sim::emu {
namespace {

constexpr Format float_row(std::string_view name, const FloatFormat& f, std::string_view description) {
  return {name, FormatKind::kFloat, f.bits(), f, description};
}
constexpr Format integer_row(std::string_view name, int bits, std::string_view description) {
  return {name, FormatKind::kInteger, bits, {}, description};
}

constexpr std::array kFormats{
    float_row("e3m2", kE3M2, "FP6 of ZeroQuant(4+2) and OCP: largest 28, smallest 0.0625, no specials"),
    float_row("e2m3", kE2M3, "OCP FP6 with a finer mantissa: largest 7.5, smallest 0.125, no specials"),
    float_row("e2m2", kE2M2, "FP5 of FP6-LLM: largest 7, smallest 0.25, no specials"),
    float_row("e3m1", kE3M1, "FP5 with a wider range: largest 24, smallest 0.125, no specials"),
    float_row("e2m1", kE2M1, "OCP FP4: largest 6, smallest 0.5, no specials"),
    float_row("e4m3", kE4M3, "OCP FP8: largest 448, one NaN, no infinity"),
    float_row("e5m2", kE5M2, "OCP FP8 with IEEE specials: largest 57344"),
    integer_row("int8", 8, "8-bit integer: -127..127 symmetric, 0..255 with a zero point"),
    integer_row("int6", 6, "6-bit integer: -31..31 symmetric, 0..63 with a zero point"),
    integer_row("int5", 5, "5-bit integer: -15..15 symmetric, 0..31 with a zero point"),
    integer_row("int4", 4, "4-bit integer: -7..7 symmetric, 0..15 with a zero point"),
    float_row("fp16", kFp16, "IEEE binary16: largest 65504"),
    float_row("bf16", kBf16, "bfloat16: binary32's range with 8 significant bits"),
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

const Format& format_by_name(std::string_view name) {
  return find_by_name("format", name, formats(), [](const Format& f) { return f.name; });
}

}  // namespace fp6sim::emu
