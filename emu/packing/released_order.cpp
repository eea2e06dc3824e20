#include "emu/packing/released_order.h"

#include <algorithm>
#include <string>

#include "emu/error.h"

namespace fp6sim::emu {
namespace {

void check_shape(std::size_t rows, std::size_t columns, std::size_t codes, std::size_t narrow,
                 std::size_t wide) {
  if (rows == 0 || rows % 64 != 0 || columns == 0 || columns % 16 != 0) {
    throw Error("the released 2+4 order takes rows in multiples of 64 and columns of 16, got " +
                std::to_string(rows) + " x " + std::to_string(columns));
  }
  if (codes / rows != columns || codes % rows != 0 || narrow != codes / 16 || wide != codes / 8) {
    throw Error("the released 2+4 order of " + std::to_string(rows) + " x " + std::to_string(columns) +
                " takes rows*columns codes, 1/16 of that in narrow and 1/8 in wide words, got " +
                std::to_string(codes) + ", " + std::to_string(narrow) + " and " + std::to_string(wide));
  }
}

}  // namespace

void pack_released(std::size_t rows, std::size_t columns, std::span<const std::uint8_t> codes,
                   std::span<std::uint32_t> narrow, std::span<std::uint32_t> wide) {
  check_shape(rows, columns, codes.size(), narrow.size(), wide.size());
  std::fill(narrow.begin(), narrow.end(), 0u);
  std::fill(wide.begin(), wide.end(), 0u);
  for (std::size_t m = 0; m < rows; ++m) {
    for (std::size_t k = 0; k < columns; ++k) {
      const std::uint32_t code = codes[m * columns + k];
      if (code > 63) {
        throw Error("code " + std::to_string(code) + " at row " + std::to_string(m) + " column " +
                    std::to_string(k) + " does not fit six bits (0..63)");
      }
      const ReleasedPlace place = released_place(m, k, columns);
      narrow[place.narrow_word] |= (code >> 4) << place.narrow_shift;
      wide[place.wide_word] |= (code & 15u) << place.wide_shift;
    }
  }
}

void unpack_released(std::size_t rows, std::size_t columns, std::span<const std::uint32_t> narrow,
                     std::span<const std::uint32_t> wide, std::span<std::uint8_t> codes) {
  check_shape(rows, columns, codes.size(), narrow.size(), wide.size());
  for (std::size_t m = 0; m < rows; ++m) {
    for (std::size_t k = 0; k < columns; ++k) {
      const ReleasedPlace place = released_place(m, k, columns);
      codes[m * columns + k] =
          static_cast<std::uint8_t>(((narrow[place.narrow_word] >> place.narrow_shift & 3u) << 4) |
                                    (wide[place.wide_word] >> place.wide_shift & 15u));
    }
  }
}

}  // namespace fp6sim::emu
