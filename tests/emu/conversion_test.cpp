// Every code decodes to the value the format's definition gives, and encoding it returns the code.
#include <gtest/gtest.h>

#include <cmath>

#include "emu/binary16.h"
#include "emu/names.h"

namespace fp6sim::emu {
namespace {

// The definition, in doubles: nothing shared with decode().
double defined_value(const FloatFormat& f, std::uint32_t code) {
  const double sign = (code & f.sign_mask()) != 0 ? -1 : 1;
  const int e = static_cast<int>((code & f.exponent_mask()) >> f.mantissa_bits);
  const double m = static_cast<double>(code & ((1u << f.mantissa_bits) - 1)) / (1 << f.mantissa_bits);
  return sign * (e == 0 ? std::ldexp(m, 1 - f.bias) : std::ldexp(1 + m, e - f.bias));
}

TEST(Conversion, EveryFiniteCodeOfEveryFormatRoundTrips) {
  for (const Format& format : formats()) {
    if (!format.is_float()) continue;
    const FloatFormat& f = format.floating;
    for (std::uint32_t code = 0; code < (1u << f.bits()); ++code) {
      if ((code & f.magnitude_mask()) > f.largest_code()) continue;
      ASSERT_EQ(decode(f, code), defined_value(f, code)) << format.name << " code " << code;
      ASSERT_EQ(encode(f, decode(f, code)), code) << format.name;
    }
  }
}

TEST(Conversion, LargestValuesAreThePublishedOnes) {
  EXPECT_EQ(decode(kE3M2, kE3M2.largest_code()), 28.0f);
  EXPECT_EQ(decode(kE2M3, kE2M3.largest_code()), 7.5f);
  EXPECT_EQ(decode(kE4M3, kE4M3.largest_code()), 448.0f);
  EXPECT_EQ(decode(kE5M2, kE5M2.largest_code()), 57344.0f);
  EXPECT_EQ(decode(kFp16, kFp16.largest_code()), 65504.0f);
}

TEST(Conversion, RoundingModesDifferWhereTheyShould) {
  const float tie = 1.125f;  // between 1.0 (even) and 1.25
  EXPECT_EQ(decode(kE3M2, encode(kE3M2, tie)), 1.0f);
  EXPECT_EQ(decode(kE3M2, encode(kE3M2, tie, {RoundingMode::kHalfAway})), 1.25f);
  EXPECT_EQ(decode(kE3M2, encode(kE3M2, 1.24f, {RoundingMode::kTowardZero})), 1.0f);
  EXPECT_EQ(decode(kE3M2, encode(kE3M2, 1.0625f, {RoundingMode::kStochastic}, 0x3FFFFFFFu)), 1.25f);
  EXPECT_EQ(decode(kE3M2, encode(kE3M2, 1.0625f, {RoundingMode::kStochastic}, 0x40000000u)), 1.0f);
}

TEST(Conversion, WhatDoesNotFitFollowsThePolicy) {
  EXPECT_EQ(encode(kE3M2, INFINITY), 0x1Fu);
  EXPECT_EQ(encode(kE3M2, -1e30f), 0x3Fu);
  EXPECT_EQ(encode(kE3M2, -NAN), 0x1Fu);
  EXPECT_EQ(to_binary16(65520.0f), 0x7C00u);
  EXPECT_EQ(to_binary16(65519.0f), 0x7BFFu);
  EXPECT_EQ(encode(kE4M3, 1e9f, {RoundingMode::kNearestEven, Overflow::kSpecial}), 0x7Fu);
}

TEST(Conversion, UnknownFormatSuggestsTheNearest) {
  try {
    format_by_name("e3m3");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'e"), std::string::npos) << error.what();
  }
}

TEST(Names, AShortenedNameSuggestsOneItBegins) {
  const std::string message = unknown_name_message("GPU", "a100", {"h200", "a100-sxm-40g", "a100-sxm-80g"});
  EXPECT_NE(message.find("did you mean 'a100-sxm-40g'?"), std::string::npos) << message;
}

}  // namespace
}  // namespace fp6sim::emu
