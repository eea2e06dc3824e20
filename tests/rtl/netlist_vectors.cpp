// Writes the vectors that netlist_tb.v runs: beats.hex, scales.hex, results.hex in the folder named.
// Four E3M2 lanes in 4+2, groups of 16 beats: every code on every lane, with scales over the whole range of
// binary16.
#include <array>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <string>

#include "app/rtl/judge.h"

int main(int argc, char** argv) {
  using namespace fp6sim;
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  std::ofstream beats(folder + "/beats.hex"), scales(folder + "/scales.hex"),
      results(folder + "/results.hex");
  for (std::ofstream* file : {&beats, &scales, &results}) *file << std::hex << std::setfill('0');
  for (std::uint32_t scale = 0; scale < 0x10000; scale += 449) {
    scales << std::setw(4) << scale << "\n";
    for (std::uint32_t beat = 0; beat < 16; ++beat) {
      std::array<std::uint8_t, 4> codes;
      std::uint64_t result = 0;
      for (std::uint32_t lane = 0; lane < 4; ++lane) {
        codes[lane] = static_cast<std::uint8_t>((4 * beat + lane + scale) % 64);
        result |=
            std::uint64_t{rtl::expected_result(0, false, codes[lane], 0, static_cast<std::uint16_t>(scale))}
            << (16 * lane);
      }
      std::array<std::uint32_t, 1> bus;
      rtl::pack_beat(emu::Split::k4Plus2, codes, bus);
      beats << std::setw(6) << bus[0] << "\n";
      results << std::setw(16) << result << "\n";
    }
  }
  return beats && scales && results ? 0 : 1;
}
