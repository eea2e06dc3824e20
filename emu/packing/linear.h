// Linear order: element i of a run of codes at the i-th place of its arrays. The plainest layout of every
// split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "emu/packing/split.h"

namespace fp6sim::emu {

/// Sizes in 32-bit words (little-endian in files). Each array is padded with zero bits to a whole word of its
/// own: 17 codes of `4+2` take 3 wide words and 2 narrow ones; 5 of packed6 one word (30 bits).
struct LinearSize {
  std::size_t wide_words = 0;    ///< 4-bit segments; for packed4/5/6 and padded8 the only array
  std::size_t narrow_words = 0;  ///< 2- or 1-bit segments

  constexpr std::size_t bytes() const { return 4 * (wide_words + narrow_words); }
  friend constexpr bool operator==(const LinearSize&, const LinearSize&) = default;
};

constexpr std::size_t words_for_bits(std::size_t count, int bits) {
  // count * bits without overflow: whole groups of 32 elements take `bits` words.
  const auto width = static_cast<std::size_t>(bits);
  return count / 32 * width + (count % 32 * width + 31) / 32;
}

constexpr LinearSize linear_size(Split split, std::size_t count) {
  return {words_for_bits(count, info(split).wide_bits), words_for_bits(count, info(split).narrow_bits)};
}

static_assert(linear_size(Split::k4Plus2, 17) == LinearSize{3, 2});
static_assert(linear_size(Split::kPacked6, 6) == LinearSize{2, 0});
static_assert(linear_size(Split::k4Plus1, 32).bytes() == 20);

/// Packs codes[i] (low bits; each must fit the split's code_bits) to place i:
///   two arrays: wide word i / 8 slot i % 8; narrow word i / 16 slot i % 16 (4+1, 1+4: i / 32, i % 32)
///   packed4/5/6: stream bits w*i .. w*i+w-1, bit b of the stream being bit b % 32 of word b / 32
///   padded8: byte i
/// Every word of both arrays is written, padding as zero. Throws fp6sim::Error when a span has not exactly
/// linear_size() words or a code does not fit (index and value named).
void pack_linear(Split split, std::span<const std::uint8_t> codes, std::span<std::uint32_t> wide,
                 std::span<std::uint32_t> narrow);

/// The inverse; padding bits are ignored. Throws fp6sim::Error when a span has not exactly linear_size()
/// words.
void unpack_linear(Split split, std::span<const std::uint32_t> wide, std::span<const std::uint32_t> narrow,
                   std::span<std::uint8_t> codes);

/// Both arrays, owned.
struct PackedCodes {
  Split split = Split::kPadded8;
  std::size_t count = 0;
  std::vector<std::uint32_t> wide;
  std::vector<std::uint32_t> narrow;
};

PackedCodes pack_linear(Split split, std::span<const std::uint8_t> codes);
std::vector<std::uint8_t> unpack_linear(const PackedCodes& packed);

}  // namespace fp6sim::emu
