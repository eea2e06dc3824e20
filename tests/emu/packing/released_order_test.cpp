// The released 2+4 order against another reading of it: the A fragment of mma.m16n8k16, not facts/fp6.md's
// formula.
#include "emu/packing/released_order.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "emu/error.h"

namespace fp6sim::emu {
namespace {

// Walks lanes and registers instead of weights. In m16n8k16, A register r of a lane holds rows lane/4 +
// 8*(r%2), columns 2*(lane%4) + 8*(r/2) and the next. A lane's wide word holds one 16x16 fragment (8
// weights), its narrow word two.
struct Words {
  std::vector<std::uint32_t> narrow, wide;
};

Words pack_by_fragment(std::size_t rows, std::size_t columns, const std::vector<std::uint8_t>& codes) {
  Words words;
  for (std::size_t m0 = 0; m0 < rows; m0 += 64) {
    for (std::size_t k0 = 0; k0 < columns; k0 += 16) {
      for (std::size_t half = 0; half < 2; ++half) {  // 32 rows
        std::vector<std::uint32_t> narrow(32, 0);
        for (std::size_t fragment = 0; fragment < 2; ++fragment) {  // 16 rows
          for (std::size_t lane = 0; lane < 32; ++lane) {
            std::uint32_t wide = 0;
            for (std::size_t r = 0; r < 4; ++r) {
              for (std::size_t j = 0; j < 2; ++j) {
                const std::size_t m = m0 + 32 * half + 16 * fragment + lane / 4 + 8 * (r % 2);
                const std::size_t k = k0 + 2 * (lane % 4) + 8 * (r / 2) + j;
                const std::uint32_t code = codes[m * columns + k];
                // From the top of each byte down; odd bytes carry the upper eight rows, bytes 2-3 the second
                // column.
                const std::size_t byte = 2 * j + 1 - r % 2;
                wide |= (code & 15u) << (8 * byte + (r / 2 == 0 ? 4 : 0));
                narrow[lane] |= (code >> 4) << (8 * byte + 6 - 2 * (2 * fragment + r / 2));
              }
            }
            words.wide.push_back(wide);
          }
        }
        words.narrow.insert(words.narrow.end(), narrow.begin(), narrow.end());
      }
    }
  }
  return words;
}

TEST(ReleasedOrder, EqualsTheFragmentWalkAndRoundTrips) {
  std::mt19937 random(7);
  // One slice; several along k; several along m; both.
  for (const auto& [rows, columns] : {std::pair{64u, 16u}, {64u, 80u}, {192u, 16u}, {128u, 256u}}) {
    std::vector<std::uint8_t> codes(rows * columns);
    for (auto& code : codes) code = static_cast<std::uint8_t>(random() % 64);
    std::vector<std::uint32_t> narrow(released_narrow_words(rows, columns), 0xDEADBEEFu);
    std::vector<std::uint32_t> wide(released_wide_words(rows, columns), 0xDEADBEEFu);
    pack_released(rows, columns, codes, narrow, wide);
    const Words other = pack_by_fragment(rows, columns, codes);
    EXPECT_EQ(narrow, other.narrow) << rows << " x " << columns;
    EXPECT_EQ(wide, other.wide) << rows << " x " << columns;
    std::vector<std::uint8_t> back(codes.size(), 0xAA);
    unpack_released(rows, columns, narrow, wide, back);
    EXPECT_EQ(back, codes);
  }
}

TEST(ReleasedOrder, EveryFieldIsUsedOnce) {
  std::vector<std::uint32_t> narrow(released_narrow_words(128, 32), 0);
  std::vector<std::uint32_t> wide(released_wide_words(128, 32), 0);
  for (std::size_t m = 0; m < 128; ++m) {
    for (std::size_t k = 0; k < 32; ++k) {
      const ReleasedPlace place = released_place(m, k, 32);
      ASSERT_EQ(narrow.at(place.narrow_word) >> place.narrow_shift & 3u, 0u);
      ASSERT_EQ(wide.at(place.wide_word) >> place.wide_shift & 15u, 0u);
      narrow[place.narrow_word] |= 3u << place.narrow_shift;
      wide[place.wide_word] |= 15u << place.wide_shift;
    }
  }
  EXPECT_EQ(narrow, std::vector<std::uint32_t>(narrow.size(), ~0u));
  EXPECT_EQ(wide, std::vector<std::uint32_t>(wide.size(), ~0u));
}

TEST(ReleasedOrder, BadShapesAndCodesAreRefused) {
  std::vector<std::uint8_t> codes(64 * 16, 3);
  std::vector<std::uint32_t> narrow(64), wide(128);
  EXPECT_NO_THROW(pack_released(64, 16, codes, narrow, wide));
  EXPECT_THROW(pack_released(32, 32, codes, narrow, wide), Error);
  EXPECT_THROW(pack_released(128, 8, codes, narrow, wide), Error);
  EXPECT_THROW(pack_released(0, 16, {}, {}, {}), Error);
  EXPECT_THROW(pack_released(64, 16, codes, wide, narrow), Error);
  codes[40] = 64;
  EXPECT_THROW(pack_released(64, 16, codes, narrow, wide), Error);
}

}  // namespace
}  // namespace fp6sim::emu
