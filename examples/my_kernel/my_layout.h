// Somebody's own order for six-bit weights: three planes of 16-bit words, made for the fragments of
// mma.m16n8k16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// Tile (i, j) holds rows 16i..16i+15 and columns 16j..16j+15 in 96 words: plane p of lane l is word 32p + l.
// A lane's eight codes are 48 bits, code c at bits 6c..6c+5, in the order of its fragment registers:
//   code c: row l/4 + 8*(c/2 % 2), column 2*(l%4) + c%2 + 8*(c/4)
inline std::size_t my_words(int rows, int columns) {
  return std::size_t(rows) * std::size_t(columns) * 6 / 16;
}

inline std::vector<std::uint16_t> my_pack(const std::vector<std::uint8_t>& codes, int rows, int columns) {
  std::vector<std::uint16_t> words(my_words(rows, columns));
  for (int tile = 0; tile < rows / 16 * (columns / 16); ++tile) {
    const int row0 = tile / (columns / 16) * 16, column0 = tile % (columns / 16) * 16;
    for (int lane = 0; lane < 32; ++lane) {
      std::uint64_t bits = 0;
      for (int c = 0; c < 8; ++c) {
        const int row = row0 + lane / 4 + 8 * (c / 2 % 2),
                  column = column0 + 2 * (lane % 4) + c % 2 + 8 * (c / 4);
        bits |= std::uint64_t{codes[std::size_t(row) * std::size_t(columns) + std::size_t(column)]}
                << (6 * c);
      }
      for (int p = 0; p < 3; ++p) {
        words[std::size_t(tile) * 96 + std::size_t(32 * p + lane)] = std::uint16_t(bits >> (16 * p));
      }
    }
  }
  return words;
}
