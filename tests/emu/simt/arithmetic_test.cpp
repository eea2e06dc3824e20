// Register arithmetic against definitions written another way.
#include "emu/simt/arithmetic.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "emu/binary16.h"
#include "emu/decode.h"

namespace fp6sim::simt {
namespace {

template <unsigned Lut>
void check_lop3(std::mt19937& random) {
  const std::uint32_t a = random(), b = random(), c = random();
  std::uint32_t expected = 0;
  for (unsigned i = 0; i < 32; ++i) {
    const unsigned index = (a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1);
    expected |= (Lut >> index & 1) << i;
  }
  ASSERT_EQ(lop3<Lut>(a, b, c), expected) << "LUT " << Lut;
}

template <unsigned... Luts>
void check_all_lop3(std::integer_sequence<unsigned, Luts...>) {
  std::mt19937 random(1);
  (check_lop3<Luts>(random), ...);
}

TEST(Arithmetic, EveryLop3LookUpTable) {
  check_all_lop3(std::make_integer_sequence<unsigned, 256>{});
}

TEST(Arithmetic, EveryPrmtSelector) {
  const std::uint32_t a = 0x83726150, b = 0x9FAEBDCC;
  const unsigned bytes[8] = {0x50, 0x61, 0x72, 0x83, 0xCC, 0xBD, 0xAE, 0x9F};
  for (std::uint32_t selector = 0; selector < 0x10000; ++selector) {
    std::uint32_t expected = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned nibble = selector >> (4 * i) & 15;
      const unsigned byte = bytes[nibble % 8];
      expected |= (nibble < 8 ? byte : byte >= 128 ? 255 : 0) << (8 * i);
    }
    ASSERT_EQ(prmt(a, b, selector), expected) << std::hex << selector;
  }
}

TEST(Arithmetic, ShiftsWrapOrClampAsTheirInstructions) {
  EXPECT_EQ(rotate_left(0x80000001u, 1), 3u);
  EXPECT_EQ(rotate_right(0x80000001u, 33), 0xC0000000u);
  EXPECT_EQ(funnel_shift_left(0xF0000000u, 0x12345678u, 4), 0x2345678Fu);
  EXPECT_EQ(shift_left(1, 32), 0u);
  EXPECT_EQ(shift_right(0x80000000u, 40), 0u);
}

TEST(Arithmetic, HalfProductsOfEveryPairOfAStride) {
  // Against one rounding of the product, which binary32 holds exactly.
  for (std::uint32_t a = 0; a < 0x10000; a += 41) {
    for (std::uint32_t b = 3; b < 0x10000; b += 89) {
      const auto product = static_cast<std::uint16_t>(hmul2(a, b));
      const std::uint16_t expected =
          emu::multiply_binary16(static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b));
      if ((expected & 0x7FFF) > 0x7C00) {
        ASSERT_EQ(product, 0x7FFF);
      } else {
        ASSERT_EQ(product, expected) << std::hex << a << " * " << b;
      }
    }
  }
}

__extension__ using Wide = __int128;
__extension__ using UnsignedWide =
    unsigned __int128;  // 128 bits are enough for every sum of a product and a binary16

/// a * b + c of binary16, rounded once: exact in units of 2^-48 (at most 16 + 48 + 1 bits), then brought to
/// 11 bits.
double exact_fma_rounded(float a, float b, float c) {
  const auto scaled = [](double x, int up) { return static_cast<Wide>(std::ldexp(x, up)); };
  const Wide total = scaled(a, 24) * scaled(b, 24) + scaled(c, 24) * (Wide{1} << 24);
  const bool negative = total < 0;
  const UnsignedWide magnitude = static_cast<UnsignedWide>(negative ? -total : total);
  if (magnitude == 0) return 0;
  int top = 0;
  while (magnitude >> top > 1) ++top;
  const int shift = std::max(top - 10, 24);  // the unit in the last place, at least the subnormals' 2^-24
  UnsignedWide kept = magnitude >> shift;
  const UnsignedWide rest = magnitude - (kept << shift), half = static_cast<UnsignedWide>(1) << (shift - 1);
  if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
  const double value = std::ldexp(static_cast<double>(kept), shift - 48);
  return (negative ? -1 : 1) * (value > 65504 ? INFINITY : value);
}

TEST(Arithmetic, HalfFusedMultiplyAddRoundsOnce) {
  std::mt19937 random(7);
  for (int i = 0; i < 400000; ++i) {
    const auto finite = [&] {
      std::uint16_t bits = static_cast<std::uint16_t>(random());
      while ((bits & 0x7C00) == 0x7C00) bits = static_cast<std::uint16_t>(random());
      return bits;
    };
    const std::uint16_t a = finite(), b = finite();
    std::uint16_t c = finite();
    if (i % 2 == 0) {  // near cancellation, where a double rounding would show
      c = static_cast<std::uint16_t>(emu::multiply_binary16(a, b) ^ 0x8000);
      c = static_cast<std::uint16_t>(c + random() % 3 - 1);
      if ((c & 0x7C00) == 0x7C00) continue;
    }
    const auto fma = static_cast<std::uint16_t>(hfma2(a, b, c));
    const double expected =
        exact_fma_rounded(emu::from_binary16(a), emu::from_binary16(b), emu::from_binary16(c));
    ASSERT_EQ(static_cast<double>(emu::from_binary16(fma)), expected)
        << std::hex << a << " " << b << " " << c;
  }
}

TEST(Arithmetic, BfloatSumsAndProductsRoundOnce) {
  std::mt19937 random(9);
  for (int i = 0; i < 200000; ++i) {
    const auto a = static_cast<std::uint16_t>(random()), b = static_cast<std::uint16_t>(random());
    const float x = emu::from_bfloat16(a), y = emu::from_bfloat16(b);
    if (std::isnan(x) || std::isnan(y)) continue;
    // 8 + 8 significant bits: the binary32 product is exact unless it is subnormal there.
    const float product = x * y;
    if (!std::isnan(product) && std::fabs(product) > 1e-30f) {
      ASSERT_EQ(static_cast<std::uint16_t>(hmul2_bf16(a, b)), emu::to_bfloat16(product));
    }
    const std::uint32_t both = hadd2_bf16(a | 0x3F800000u, b | 0x40000000u);
    ASSERT_EQ(both >> 16, 0x4040u);  // 1 + 2 in the high half, whatever the low half
  }
}

TEST(Arithmetic, ConversionsEqualEmuOnEveryCodeAndAroundEveryTie) {
  for (std::uint32_t code = 0; code < 0x10000; ++code) {
    const auto bits = static_cast<std::uint16_t>(code);
    const bool half_nan = (code & 0x7FFF) > 0x7C00, bfloat_nan = (code & 0x7FFF) > 0x7F80;
    ASSERT_EQ(static_cast<std::uint16_t>(hadd2(bits, 0x8000)), half_nan ? 0x7FFF : bits);  // x + -0 = x
    ASSERT_EQ(static_cast<std::uint16_t>(hadd2_bf16(bits, 0x8000)), bfloat_nan ? 0x7FFF : bits);
    if (half_nan || bfloat_nan) continue;
    for (int ulps = -2; ulps <= 2; ++ulps) {  // at the tie above the code, and beside it
      const std::uint32_t half_tie = std::bit_cast<std::uint32_t>(emu::from_binary16(bits)) + 0x1000;
      const float half = std::bit_cast<float>(half_tie + static_cast<std::uint32_t>(ulps));
      if (!std::isnan(half)) {
        ASSERT_EQ(to_half(half), emu::to_binary16(half)) << half;
      }
      const float bfloat = std::bit_cast<float>((code << 16) + 0x8000 + static_cast<std::uint32_t>(ulps));
      if (!std::isnan(bfloat)) {
        ASSERT_EQ(to_bfloat16(bfloat), emu::to_bfloat16(bfloat)) << bfloat;
      }
    }
  }
}

TEST(Arithmetic, ConversionsAndSpecials) {
  EXPECT_EQ(pack_half2(1.0f, -2.0f), 0xC0003C00u);
  EXPECT_EQ(pack_bfloat162(1.0f, -2.0f), 0xC0003F80u);
  EXPECT_EQ(hadd2(0x7C00FC00u, 0x7C007C00u), 0x7C007FFFu);  // inf + inf, -inf + inf
  EXPECT_EQ(hsub2(0x00010001u, 0x00010002u), 0x00008001u);  // subnormals are kept
  EXPECT_EQ(to_half(65520.0f), 0x7C00);
}

TEST(Arithmetic, ConvertsEveryE4M3) {
  for (std::uint32_t code = 0; code < 256; ++code) {
    const std::uint32_t pair = half2_from_e4m3x2(static_cast<std::uint16_t>(code | (code ^ 0x80) << 8));
    if ((code & 0x7F) == 0x7F) {
      EXPECT_EQ(pair, 0x7FFF7FFFu);
      continue;
    }
    const float value = emu::decode(emu::kE4M3, code);
    EXPECT_EQ(pair & 0xFFFF, emu::to_binary16(value)) << code;
    EXPECT_EQ(pair >> 16, emu::to_binary16(-value)) << code;
  }
}

}  // namespace
}  // namespace fp6sim::simt
