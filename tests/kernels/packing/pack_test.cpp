// Every weight has one place of its own, packing and unpacking are inverses, and bad input is named.
#include "kernels/packing/pack.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "emu/error.h"

namespace fp6sim::kernels {
namespace {

constexpr emu::Split kSlotSplits[] = {emu::Split::kPadded8, emu::Split::k4Plus1, emu::Split::k1Plus4,
                                      emu::Split::kPacked4};

/// Every order of tiles there is, without its extent.
std::vector<emu::TileOrder> all_orders() {
  std::vector<emu::TileOrder> orders;
  for (const emu::Split split : kSlotSplits) orders.push_back({split});
  for (const emu::LanePlan& plan : emu::kLanePlans) orders.push_back({plan.split, 0, 0, plan.landing});
  return orders;
}

std::vector<std::uint8_t> random_codes(std::size_t count, int bits, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> codes(count);
  for (auto& code : codes) code = static_cast<std::uint8_t>(random() & ((1u << bits) - 1));
  return codes;
}

TEST(TileOrder, PlacesOfABlockAreDistinctAndFillIt) {
  for (const emu::Split split : kSlotSplits) {
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
  for (emu::TileOrder order : all_orders()) {
    for (const auto& [rows, columns] : sizes) {
      order.rows = rows;
      order.columns = columns;
      const auto codes = random_codes(rows * columns, emu::info(order.split).code_bits, 7);
      std::vector<std::uint32_t> wide(order.wide_words(), 0xDEADBEEF),
          narrow(order.narrow_words(), 0xDEADBEEF);
      pack_tiles(order, codes, wide, narrow);
      std::vector<std::uint8_t> back(codes.size(), 0xFF);
      unpack_tiles(order, wide, narrow, back);
      EXPECT_EQ(back, codes) << emu::name(order.split) << " " << rows << "x" << columns;
      // Padding is code 0.
      const emu::TileOrder padded{order.split, order.padded_rows(), order.padded_columns(), order.landing};
      std::vector<std::uint8_t> all(padded.rows * padded.columns, 0xFF);
      unpack_tiles(padded, wide, narrow, all);
      for (std::size_t i = 0; i < all.size(); ++i) {
        const bool inside = i / padded.columns < rows && i % padded.columns < columns;
        ASSERT_TRUE(inside || all[i] == 0) << i;
      }
    }
  }
}

/// The lane plans by hand: what the instructions of a plan make of packed words are the codes where they
/// land.
TEST(LanePlan, BringsEveryPairToItsPlace) {
  for (const emu::LanePlan& plan : emu::kLanePlans) {
    const emu::TileOrder order{plan.split, 64, 64, plan.landing};
    const auto codes = random_codes(64 * 64, 6, 9);
    std::vector<std::uint32_t> wide(order.wide_words()), narrow(order.narrow_words());
    pack_tiles(order, codes, wide, narrow);
    for (std::size_t lane = 0; lane < 32; ++lane) {
      std::vector<std::uint32_t> registers(wide.begin() + 4 * lane, wide.begin() + 4 * lane + 4);
      registers.insert(registers.end(), narrow.begin() + 2 * lane, narrow.begin() + 2 * lane + 2);
      const auto at = [&](int index) {
        return index < 0 ? 0u : registers.at(static_cast<std::size_t>(index));
      };
      for (int i = 0; i < plan.merges; ++i) {
        const std::uint32_t mask = plan.merge[i].mask * 0x10001u;
        registers.push_back((at(plan.merge[i].first) & mask) | (at(plan.merge[i].second) & ~mask));
      }
      for (std::size_t pair = 0; pair < 16; ++pair) {
        const emu::LanePair& from = plan.pair[pair];
        const std::uint32_t landed = std::rotr(at(from.first) ^ at(from.second), from.rotation);
        const std::size_t row = lane / 4 + pair % 2 * 8, column = pair / 2 * 8 + lane % 4 * 2;
        std::uint32_t expected = 0;
        for (unsigned half = 0; half < 2; ++half) {
          const std::uint32_t code = codes[row * 64 + column + half];
          const std::uint32_t number = (code & 31) << (emu::top_bit(plan.landing) - 4) | (code & 32) << 10;
          expected |= number << (16 * half);
        }
        EXPECT_EQ(landed & emu::landing_mask(plan.landing), expected) << emu::name(plan.split) << " " << pair;
      }
    }
  }
}

TEST(LanePlan, ThatReadsABitTwiceIsNotValid) {
  for (const emu::LanePlan& plan : emu::kLanePlans) {
    for (int pair = 0; pair < emu::kLanePairs; ++pair) {
      emu::LanePlan altered = plan;
      altered.pair[pair].rotation = (altered.pair[pair].rotation + 1) % 16;
      EXPECT_FALSE(emu::lane_code(altered).valid) << emu::name(plan.split) << " " << pair;
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
  EXPECT_NE(message({emu::Split::k2Plus4, 4, 5, emu::Landing::kE3M2Bfloat}).find("no lane plan"),
            std::string::npos);
}

}  // namespace
}  // namespace fp6sim::kernels
