// The vectorised tile against the scalar reference on arbitrary operands, on every instruction set.
#include <algorithm>
#include <bit>
#include <cstring>
#include <random>
#include <span>

#include "emu/mma/mma.h"
#include "emu/simd/target.h"
#include "tests/fuzz/fuzz.h"

namespace fp6sim::fuzz {
namespace {

struct Tile {
  std::uint16_t a[256], b[128];
  float c[128];
};

void compare(const Tile& tile, emu::Architecture architecture, emu::TileInput input) {
  emu::MmaContext context = emu::mma_context(architecture, emu::kFp16, emu::kFp16);
  context.a = context.b = input == emu::TileInput::kBinary16 ? emu::kFp16 : emu::kBf16;
  std::uint32_t expected[128], actual[128];
  for (std::size_t i = 0; i < 128; ++i) {
    expected[i] =
        emu::mma_chain(context, std::span(tile.a).subspan(i / 8 * 16, 16),
                       std::span(tile.b).subspan(i % 8 * 16, 16), std::bit_cast<std::uint32_t>(tile.c[i]));
  }
  for (const std::string& target : emu::simd_targets()) {
    emu::use_simd_target(target);
    float d[128];
    emu::mma_m16n8k16(architecture, input, tile.a, tile.b, tile.c, d);
    std::memcpy(actual, d, sizeof d);
    for (std::size_t i = 0; i < 128; ++i) {
      if (actual[i] == expected[i]) continue;
      disagree("tile: " + target + " " + std::string(emu::architecture_name(architecture)) + " element " +
               std::to_string(i));
    }
  }
  emu::use_simd_target("");
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> result;
  std::mt19937 random(1);
  for (const std::uint16_t mask :
       {0xFFFF, 0x8FFF, 0xBFFF, 0x83FF, 0xC07F}) {  // wide, small, below 2, subnormal, narrow
    std::string bytes(sizeof(Tile), '\0');
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
      const auto code = static_cast<std::uint16_t>(random() & mask);
      std::memcpy(bytes.data() + i, &code, 2);
    }
    result.push_back(bytes);
  }
  return result;
}

void run_one(const std::uint8_t* bytes, std::size_t size) {
  Tile tile{};
  std::memcpy(&tile, bytes, std::min(size, sizeof tile));
  // One rule and type an input, chosen by its bytes, so that many inputs are tried.
  static constexpr emu::Architecture kRules[] = {emu::Architecture::kVolta, emu::Architecture::kAmpere,
                                                 emu::Architecture::kHopper};
  const unsigned choice = size == 0 ? 0 : bytes[size / 2];
  compare(tile, kRules[choice % 3], choice % 2 == 0 ? emu::TileInput::kBinary16 : emu::TileInput::kBfloat16);
}

}  // namespace fp6sim::fuzz
