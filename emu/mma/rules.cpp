#include <array>
#include <string>

#include "emu/error.h"
#include "emu/mma/mma.h"
#include "emu/names.h"

namespace fp6sim::emu {
namespace {

struct NamedArchitecture {
  std::string_view name;
  Architecture architecture;
};

constexpr std::array kArchitectures{
    NamedArchitecture{"volta", Architecture::kVolta},
    NamedArchitecture{"turing", Architecture::kTuring},
    NamedArchitecture{"ampere", Architecture::kAmpere},
    NamedArchitecture{"ada", Architecture::kAda},
    NamedArchitecture{"hopper", Architecture::kHopper},
    NamedArchitecture{"blackwell", Architecture::kBlackwell},
};

using enum Architecture;
using enum InputClass;

// `verified`: every published row of that device (MATLAB-tensor-core) was reproduced. Hopper's and
// Blackwell's FP8 rows were not: see docs/decisions.md. architecture, inputs, instruction, products per step,
// steps per instruction, F, binary32 significant bits, verified
constexpr std::array kRules{
    MmaRule{kVolta, kBinary16, "mma.m8n8k4", 4, 1, 23, 24, true},
    MmaRule{kTuring, kBinary16, "mma.m16n8k8", 8, 1, 24, 24, true},
    MmaRule{kAmpere, kBinary16, "mma.m16n8k16", 8, 2, 24, 24, true},
    MmaRule{kAmpere, kBfloat16, "mma.m16n8k16", 8, 2, 24, 24, true},
    MmaRule{kAda, kBinary16, "mma.m16n8k16", 8, 2, 24, 24, true},
    MmaRule{kAda, kBfloat16, "mma.m16n8k16", 8, 2, 24, 24, true},
    MmaRule{kAda, kFp8, "mma.m16n8k32", 16, 2, 13, 14, true},
    MmaRule{kHopper, kBinary16, "wgmma.k16", 16, 1, 25, 24, true},
    MmaRule{kHopper, kBfloat16, "wgmma.k16", 16, 1, 25, 24, true},
    MmaRule{kHopper, kFp8, "wgmma.k32", 32, 1, 13, 14, false},
    MmaRule{kBlackwell, kBinary16, "tcgen05.mma.k16", 16, 1, 25, 24, true},
    MmaRule{kBlackwell, kBfloat16, "tcgen05.mma.k16", 16, 1, 25, 24, true},
    MmaRule{kBlackwell, kFp8, "tcgen05.mma.k32", 32, 1, 25, 24, false},
    MmaRule{kBlackwell, kF8F6F4, "tcgen05.mma.k32", 32, 1, 25, 24, false},
};

bool is_fp8(const FloatFormat& f) {
  return f == kE4M3 || f == kE5M2;
}
bool is_fp6_or_fp4(const FloatFormat& f) {
  return f == kE3M2 || f == kE2M3 || f == kE2M1;
}

std::string class_name(const FloatFormat& f) {
  return "E" + std::to_string(f.exponent_bits) + "M" + std::to_string(f.mantissa_bits);
}

}  // namespace

Architecture architecture_by_name(std::string_view name) {
  return find_by_name("architecture", name, kArchitectures, [](const auto& row) { return row.name; })
      .architecture;
}

std::string_view architecture_name(Architecture architecture) {
  return kArchitectures[static_cast<std::size_t>(architecture)].name;
}

std::span<const MmaRule> mma_rules() {
  return kRules;
}

const MmaRule& mma_rule(Architecture architecture, const FloatFormat& a, const FloatFormat& b) {
  const auto row = [&](InputClass inputs) -> const MmaRule& {
    for (const MmaRule& rule : kRules) {
      if (rule.architecture == architecture && rule.inputs == inputs) return rule;
    }
    throw Error("architecture '" + std::string(architecture_name(architecture)) +
                "' has no tensor-core instruction for " + class_name(a) + " x " + class_name(b));
  };
  if (a == kFp16 && b == kFp16) return row(InputClass::kBinary16);
  if (a == kBf16 && b == kBf16) return row(InputClass::kBfloat16);
  if (is_fp8(a) && is_fp8(b)) return row(InputClass::kFp8);
  if ((is_fp8(a) || is_fp6_or_fp4(a)) && (is_fp8(b) || is_fp6_or_fp4(b))) return row(InputClass::kF8F6F4);
  throw Error("no tensor core multiplies " + class_name(a) + " by " + class_name(b) +
              "; accepted: FP16 x FP16, BF16 x BF16, and any of E4M3 E5M2 E3M2 E2M3 E2M1 with each other");
}

MmaContext mma_context(Architecture architecture, const FloatFormat& a, const FloatFormat& b,
                       Accumulate accumulate, const MmaOptions& options) {
  const MmaRule& rule = mma_rule(architecture, a, b);
  if (rule.inputs == InputClass::kBfloat16 && accumulate == Accumulate::kF16) {
    throw Error("no tensor core accumulates BF16 products in binary16; accepted: f32");
  }
  return {rule, a, b, accumulate, options};
}

}  // namespace fp6sim::emu
