// The FP6-LLM authors' released `2+4` layout (the A-fragment order of mma.m16n8k16), so that their packed
// weights and ours are the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fp6sim::emu {

/// Where weight (m,k) of W[M,K] lives. Source: the authors' packer, facts/fp6.md (verified on 32,768
/// weights).
///
///   slice = 64 rows x 16 columns, 64 narrow and 128 wide words; slices run over k first, then m.
///   In a slice lane 4*(m%8) + (k%8)/2 of a warp owns the weights of its A fragments:
///     narrow word: 16 weights of 32 rows (two words a lane)      wide word: 8 weights of 16 rows (four words
///     a lane) byte of a word = 2*(k%2) + (upper eight rows of 16 ? 0 : 1); inside the byte first k%16 < 8,
///     first row block on top
struct ReleasedPlace {
  std::size_t narrow_word;
  std::size_t wide_word;
  int narrow_shift;  ///< right shift that brings the 2-bit field {s,e2} down
  int wide_shift;    ///< right shift that brings the 4-bit field {e1,e0,m1,m0} down
};

/// `columns` is K, a multiple of 16.
constexpr ReleasedPlace released_place(std::size_t m, std::size_t k, std::size_t columns) {
  const std::size_t slice = (m / 64) * (columns / 16) + k / 16;
  const std::size_t b = (m / 32) % 2;
  const std::size_t c = (m / 16) % 2;
  const std::size_t d = (m / 8) % 2;
  const std::size_t g = (k / 8) % 2;
  const std::size_t lane = 4 * (m % 8) + (k % 8) / 2;
  const std::size_t byte = 2 * (k % 2) + (d == 0 ? 1 : 0);
  return {64 * slice + 32 * b + lane, 128 * slice + 32 * (2 * b + c) + lane,
          static_cast<int>(8 * byte + 6 - 2 * (2 * c + g)), static_cast<int>(8 * byte + 4 - 4 * g)};
}

/// Words of each array; the file holds the narrow array (M*K/4 bytes) first, then the wide one (M*K/2 bytes).
constexpr std::size_t released_narrow_words(std::size_t rows, std::size_t columns) {
  return rows * columns / 16;
}
constexpr std::size_t released_wide_words(std::size_t rows, std::size_t columns) {
  return rows * columns / 8;
}

/// Packs six-bit codes[m * columns + k]. Throws fp6sim::Error unless rows is a positive multiple of 64,
/// columns of 16, every span has its exact size and every code is below 64.
void pack_released(std::size_t rows, std::size_t columns, std::span<const std::uint8_t> codes,
                   std::span<std::uint32_t> narrow, std::span<std::uint32_t> wide);

/// The inverse, under the same conditions.
void unpack_released(std::size_t rows, std::size_t columns, std::span<const std::uint32_t> narrow,
                     std::span<const std::uint32_t> wide, std::span<std::uint8_t> codes);

}  // namespace fp6sim::emu
