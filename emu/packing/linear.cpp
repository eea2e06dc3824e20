#include "emu/packing/linear.h"

#include <algorithm>
#include <string>

#include "emu/error.h"

namespace fp6sim::emu {
namespace {

void check_sizes(Split split, std::size_t count, std::size_t wide, std::size_t narrow) {
  const LinearSize need = linear_size(split, count);
  if (wide == need.wide_words && narrow == need.narrow_words) return;
  throw Error("split " + std::string(name(split)) + " of " + std::to_string(count) + " codes takes " +
              std::to_string(need.wide_words) + " + " + std::to_string(need.narrow_words) +
              " words (wide + narrow), the buffers have " + std::to_string(wide) + " + " +
              std::to_string(narrow));
}

void check_codes(Split split, std::span<const std::uint8_t> codes) {
  const unsigned limit = 1u << info(split).code_bits;
  const auto bad = std::find_if(codes.begin(), codes.end(), [=](std::uint8_t code) { return code >= limit; });
  if (bad == codes.end()) return;
  throw Error("code " + std::to_string(*bad) + " at index " + std::to_string(bad - codes.begin()) +
              " does not fit split " + std::string(name(split)) + ", which takes 0.." +
              std::to_string(limit - 1));
}

// Streams whose fields straddle words.
void pack_stream(std::size_t width, std::span<const std::uint8_t> codes, std::span<std::uint32_t> words) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::size_t bit = i * width;
    const std::uint64_t field = std::uint64_t{codes[i]} << (bit % 32);
    words[bit / 32] |= static_cast<std::uint32_t>(field);
    if (field >> 32 != 0) words[bit / 32 + 1] |= static_cast<std::uint32_t>(field >> 32);
  }
}

void unpack_stream(std::size_t width, std::span<const std::uint32_t> words, std::span<std::uint8_t> codes) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::size_t bit = i * width;
    std::uint64_t field = words[bit / 32];
    if (bit % 32 + width > 32) field |= std::uint64_t{words[bit / 32 + 1]} << 32;
    codes[i] = static_cast<std::uint8_t>((field >> (bit % 32)) & ((1u << width) - 1));
  }
}

bool is_stream(Split split) {
  return split == Split::kPacked6 || split == Split::kPacked5;
}

}  // namespace

void pack_linear(Split split, std::span<const std::uint8_t> codes, std::span<std::uint32_t> wide,
                 std::span<std::uint32_t> narrow) {
  check_sizes(split, codes.size(), wide.size(), narrow.size());
  check_codes(split, codes);
  std::fill(wide.begin(), wide.end(), 0u);
  std::fill(narrow.begin(), narrow.end(), 0u);
  if (is_stream(split)) return pack_stream(static_cast<std::size_t>(info(split).wide_bits), codes, wide);
  const auto per_wide = static_cast<std::size_t>(wide_slots(split));
  const auto per_narrow = static_cast<std::size_t>(narrow_slots(split));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    wide[i / per_wide] |= wide_word_bits(split, static_cast<int>(i % per_wide), codes[i]);
    if (per_narrow != 0) {
      narrow[i / per_narrow] |= narrow_word_bits(split, static_cast<int>(i % per_narrow), codes[i]);
    }
  }
}

void unpack_linear(Split split, std::span<const std::uint32_t> wide, std::span<const std::uint32_t> narrow,
                   std::span<std::uint8_t> codes) {
  check_sizes(split, codes.size(), wide.size(), narrow.size());
  if (is_stream(split)) return unpack_stream(static_cast<std::size_t>(info(split).wide_bits), wide, codes);
  const auto per_wide = static_cast<std::size_t>(wide_slots(split));
  const auto per_narrow = static_cast<std::size_t>(narrow_slots(split));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::uint32_t narrow_word = per_narrow != 0 ? narrow[i / per_narrow] : 0;
    const std::size_t narrow_slot = per_narrow != 0 ? i % per_narrow : 0;
    codes[i] =
        static_cast<std::uint8_t>(code_from_words(split, wide[i / per_wide], static_cast<int>(i % per_wide),
                                                  narrow_word, static_cast<int>(narrow_slot)));
  }
}

PackedCodes pack_linear(Split split, std::span<const std::uint8_t> codes) {
  const LinearSize size = linear_size(split, codes.size());
  PackedCodes packed{split, codes.size(), std::vector<std::uint32_t>(size.wide_words),
                     std::vector<std::uint32_t>(size.narrow_words)};
  pack_linear(split, codes, packed.wide, packed.narrow);
  return packed;
}

std::vector<std::uint8_t> unpack_linear(const PackedCodes& packed) {
  std::vector<std::uint8_t> codes(packed.count);
  unpack_linear(packed.split, packed.wide, packed.narrow, codes);
  return codes;
}

}  // namespace fp6sim::emu
