// Every weight has one place of its own, packing and unpacking are inverses, and bad input is named.
#include "kernels/packing/pack.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "emu/error.h"

namespace fp6sim::kernels {
namespace {

constexpr emu::Split kTileSplits[] = {emu::Split::k4Plus2,  emu::Split::k2Plus4, emu::Split::k4Plus2Byte,
                                      emu::Split::kPadded8, emu::Split::k4Plus1, emu::Split::k1Plus4,
                                      emu::Split::kPacked4};

std::vector<std::uint8_t> random_codes(std::size_t count, int bits, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> codes(count);
  for (auto& code : codes) code = static_cast<std::uint8_t>(random() & ((1u << bits) - 1));
  return codes;
}

TEST(TileOrder, PlacesOfABlockAreDistinctAndFillIt) {
  for (const emu::Split split : kTileSplits) {
    std::set<std::pair<std::size_t, int>> wide, narrow;
    for (std::size_t row = 0; row < emu::kTileBlockRows; ++row) {
      for (std::size_t column = 0; column < emu::kTileColumns; ++column) {
        const emu::TilePlace place = emu::place_in_block(split, row, column);
        EXPECT_LT(place.wide_word, emu::wide_block_words(split));
        EXPECT_LT(place.wide_slot, emu::wide_slots(split));
        wide.emplace(place.wide_word, place.wide_slot);
        if (emu::info(split).has_two_arrays()) {
          EXPECT_LT(place.narrow_word, emu::narrow_block_words(split));
          EXPECT_LT(place.narrow_slot, emu::narrow_slots(split));
          narrow.emplace(place.narrow_word, place.narrow_slot);
        }
      }
    }
    EXPECT_EQ(wide.size(), 1024u) << emu::name(split);
    EXPECT_EQ(narrow.size(), emu::info(split).has_two_arrays() ? 1024u : 0u) << emu::name(split);
  }
}

TEST(TileOrder, PackAndUnpackAreInversesForRaggedSizes) {
  const std::pair<std::size_t, std::size_t> sizes[] = {{1, 1},   {16, 64},   {17, 65},
                                                       {64, 64}, {100, 200}, {257, 130}};
  for (const emu::Split split : kTileSplits) {
    for (const auto& [rows, columns] : sizes) {
      const emu::TileOrder order{split, rows, columns};
      const auto codes = random_codes(rows * columns, emu::info(split).code_bits, 7);
      std::vector<std::uint32_t> wide(order.wide_words(), 0xDEADBEEF),
          narrow(order.narrow_words(), 0xDEADBEEF);
      pack_tiles(order, codes, wide, narrow);
      std::vector<std::uint8_t> back(codes.size(), 0xFF);
      unpack_tiles(order, wide, narrow, back);
      EXPECT_EQ(back, codes) << emu::name(split) << " " << rows << "x" << columns;
      // Padding is zero: the words hold no more set bits than the codes account for.
      std::size_t bits_in_codes = 0, bits_in_words = 0;
      for (const auto code : codes) bits_in_codes += static_cast<std::size_t>(std::popcount(unsigned{code}));
      for (const auto word : wide) bits_in_words += static_cast<std::size_t>(std::popcount(word));
      for (const auto word : narrow) bits_in_words += static_cast<std::size_t>(std::popcount(word));
      EXPECT_EQ(bits_in_words, bits_in_codes);
    }
  }
}

TEST(TileOrder, BadInputIsNamed) {
  const emu::TileOrder order{emu::Split::k4Plus2Byte, 4, 5};
  std::vector<std::uint32_t> wide(order.wide_words()), narrow(order.narrow_words());
  std::vector<std::uint8_t> codes(20);
  codes[13] = 64;
  const auto message = [&](const emu::TileOrder& o) {
    try {
      pack_tiles(o, codes, wide, narrow);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(message(order).find("code 64 at index 13"), std::string::npos) << message(order);
  EXPECT_NE(message({emu::Split::k4Plus2Byte, 4, 6}).find("codes has 20"), std::string::npos);
  EXPECT_NE(message({emu::Split::kPacked6, 4, 5}).find("straddle"), std::string::npos);
  EXPECT_NE(message({emu::Split::k4Plus2Byte, 0, 5}).find("0 x 5"), std::string::npos);
}

}  // namespace
}  // namespace fp6sim::kernels
