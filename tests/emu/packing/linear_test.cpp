// Every split returns the codes it was given, puts each bit where its picture says, and wastes only padding.
#include "emu/packing/linear.h"

#include <gtest/gtest.h>

#include <random>

#include "emu/dequantize.h"
#include "emu/error.h"

namespace fp6sim::emu {
namespace {

std::vector<std::uint8_t> random_codes(Split split, std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> codes(count);
  for (auto& code : codes) code = static_cast<std::uint8_t>(random() & ((1u << info(split).code_bits) - 1));
  return codes;
}

int bit(std::uint32_t word, std::size_t at) {
  return static_cast<int>(word >> at & 1u);
}

TEST(Linear, TableRowsAreInEnumOrderAndNamesRoundTrip) {
  for (std::size_t i = 0; i < kSplits.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kSplits[i].split), i);
    EXPECT_EQ(split_by_name(kSplits[i].name), kSplits[i].split);
  }
  EXPECT_THROW(split_by_name("4+3"), Error);
}

TEST(Linear, RoundTripOfEveryRaggedSize) {
  for (const SplitInfo& row : kSplits) {
    for (std::size_t count = 0; count <= 131;
         ++count) {  // over every padding case of 32-element blocks, four times
      const auto codes = random_codes(row.split, count, static_cast<std::uint32_t>(count));
      const PackedCodes packed = pack_linear(row.split, codes);
      ASSERT_EQ(unpack_linear(packed), codes) << row.name << " " << count;
      const std::size_t bits = count * static_cast<std::size_t>(row.stored_bits());
      ASSERT_GE(4 * (packed.wide.size() + packed.narrow.size()) * 8, bits);
      ASSERT_LT(32 * (packed.wide.size() + packed.narrow.size()),
                bits + 64);  // under a word of padding an array
    }
  }
}

TEST(Linear, PaddingIsZeroWhateverTheBufferHeld) {
  for (const SplitInfo& row : kSplits) {
    const std::vector<std::uint8_t> one{static_cast<std::uint8_t>((1u << row.code_bits) - 1)};
    const LinearSize size = linear_size(row.split, 1);
    std::vector<std::uint32_t> wide(size.wide_words, 0xDEADBEEFu);
    std::vector<std::uint32_t> narrow(size.narrow_words, 0xDEADBEEFu);
    pack_linear(row.split, one, wide, narrow);
    int ones = 0;
    for (const auto word : wide) ones += std::popcount(word);
    for (const auto word : narrow) ones += std::popcount(word);
    EXPECT_EQ(ones, row.code_bits) << row.name;
  }
}

// The pictures of split.h, bit by bit, written again without its functions.
TEST(Linear, FourPlusTwoPutsEachBitInItsPlace) {
  const auto codes = random_codes(Split::k4Plus2, 96, 1);
  const PackedCodes top = pack_linear(Split::k4Plus2, codes);
  const PackedCodes released = pack_linear(Split::k2Plus4, codes);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    for (std::size_t b = 0; b < 6; ++b) {
      const int expected = bit(codes[i], b);
      EXPECT_EQ(
          b >= 2 ? bit(top.wide[i / 8], 4 * (i % 8) + b - 2) : bit(top.narrow[i / 16], 2 * (i % 16) + b),
          expected);
      EXPECT_EQ(b < 4 ? bit(released.wide[i / 8], 4 * (i % 8) + b)
                      : bit(released.narrow[i / 16], 2 * (i % 16) + b - 4),
                expected);
    }
  }
}

TEST(Linear, PackedSixIsOneStreamLeastSignificantFirst) {
  const auto codes = random_codes(Split::kPacked6, 77, 2);
  const PackedCodes packed = pack_linear(Split::kPacked6, codes);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    for (std::size_t b = 0; b < 6; ++b) {
      const std::size_t at = 6 * i + b;
      EXPECT_EQ(bit(packed.wide[at / 32], at % 32), bit(codes[i], b));
    }
  }
}

// The byte-ready words masked and rotated as a kernel does give, for all 64 codes in every slot, the binary16
// high byte.
TEST(Linear, ByteReadyFieldsOrIntoTheBinary16HighByte) {
  for (std::uint32_t code = 0; code < 64; ++code) {
    for (std::size_t place = 0; place < 16; ++place) {
      std::vector<std::uint8_t> codes(16, static_cast<std::uint8_t>(63 - code));
      codes[place] = static_cast<std::uint8_t>(code);
      const PackedCodes packed = pack_linear(Split::k4Plus2Byte, codes);
      const int turn = static_cast<int>(2 * (place % 8 / 4));
      const std::uint32_t four =
          (std::rotr(packed.wide[place / 8], turn) & 0x99999999u) |
          (std::rotr(packed.narrow[0], static_cast<int>(2 * (place / 4))) & 0x06060606u);
      const std::uint32_t byte = four >> (8 * (place % 4)) & 0xFFu;
      EXPECT_EQ(byte << 8, shift_into(kE3M2, kFp16, code));
    }
  }
}

TEST(Linear, WrongBuffersAndCodesAreRefusedByName) {
  std::vector<std::uint32_t> words(8);
  const std::vector<std::uint8_t> codes(17, 1);
  const std::span<std::uint32_t> all(words);
  EXPECT_THROW(pack_linear(Split::k4Plus2, codes, all.first(3), all.first(1)), Error);  // short narrow
  EXPECT_THROW(pack_linear(Split::k4Plus2, codes, all.first(4), all.first(2)), Error);  // long wide
  std::vector<std::uint8_t> out(17);
  EXPECT_THROW(unpack_linear(Split::kPacked6, all.first(2), {}, out), Error);
  try {
    pack_linear(Split::k4Plus2, std::vector<std::uint8_t>{1, 2, 64});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("code 64 at index 2"), std::string::npos) << error.what();
  }
}

TEST(Linear, SizesOfHugeCountsDoNotOverflow) {
  const std::size_t huge = std::size_t{1} << 60;
  EXPECT_EQ(linear_size(Split::k4Plus2, huge).wide_words, huge / 8);
  EXPECT_EQ(linear_size(Split::kPacked6, huge).wide_words, huge / 16 * 3);
}

}  // namespace
}  // namespace fp6sim::emu
