// decode() against the published decode tables (other people's files: used where they are).
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "emu/binary16.h"
#include "emu/format.h"

namespace fp6sim::emu {
namespace {

struct Table {
  const char* file;
  FloatFormat format;
};

class DecodeVectors : public testing::TestWithParam<Table> {};

TEST_P(DecodeVectors, EveryRow) {
  const auto& [file, format] = GetParam();
  std::ifstream in(std::string(FP6SIM_SHARED "/facts/vectors/") + file);
  if (!in) GTEST_SKIP() << "no " << file << " in ../shared/facts/vectors";
  std::string line;
  std::getline(in, line);
  ASSERT_EQ(line, "code,fp32_bits,fp16_bits,value");
  unsigned rows = 0;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string code_text, binary32_text, binary16_text;
    std::getline(fields, code_text, ',');
    std::getline(fields, binary32_text, ',');
    std::getline(fields, binary16_text, ',');
    const auto code = static_cast<std::uint32_t>(std::stoul(code_text, nullptr, 16));
    const auto binary32 = static_cast<std::uint32_t>(std::stoul(binary32_text, nullptr, 16));
    const auto binary16 = static_cast<std::uint16_t>(std::stoul(binary16_text, nullptr, 16));
    const float got = decode(format, code);
    if (std::isnan(std::bit_cast<float>(binary32))) {
      EXPECT_TRUE(std::isnan(got)) << line;  // which NaN is each library's own choice
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(got), binary32) << line;
      EXPECT_EQ(to_binary16(got), binary16) << line;
    }
    ++rows;
  }
  EXPECT_EQ(rows, 1u << format.bits());
}

INSTANTIATE_TEST_SUITE_P(Formats, DecodeVectors,
                         testing::Values(Table{"decode_fp4_e2m1.csv", kE2M1},
                                         Table{"decode_fp6_e2m3.csv", kE2M3},
                                         Table{"decode_fp6_e3m2.csv", kE3M2},
                                         Table{"decode_fp8_e4m3.csv", kE4M3},
                                         Table{"decode_fp8_e5m2.csv", kE5M2}));

}  // namespace
}  // namespace fp6sim::emu
