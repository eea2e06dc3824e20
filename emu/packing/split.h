// How the bits of one code are divided among packed words: the one definition that CPU, CUDA and RTL tests
// share.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

namespace fp6sim::emu {

/// A code is cut into a wide segment (4 bits, or all of it) and a narrow one (2, 1 or 0 bits), kept in two
/// arrays of 32-bit words so that no field straddles a word. With the bits of E3M2 as {s,e2,e1,e0,m1,m0}:
///
///   name      wide field    narrow field   codes  who
///   4+2       s e2 e1 e0    m1 m0          6 bit  the paper's idea: top four bits first
///   2+4       e1 e0 m1 m0   s e2           6 bit  the FP6-LLM authors' released kernel
///   4+2-byte  s e2 e1 m0    e0 m1          6 bit  byte-ready: OR of the two is the binary16 high byte
///   (picture below) packed6   one stream, element i at bits 6i..6i+5, least significant first; straddles
///   words packed5   the same at 5 bits packed4   nibbles: 4-bit formats have nothing to split 4+1, 1+4  as
///   4+2 and 2+4 with a one-bit narrow field (FP5, INT5) padded8   one byte an element, any code of up to 8
///   bits
enum class Split : std::uint8_t {
  k4Plus2,
  k2Plus4,
  k4Plus2Byte,
  kPacked6,
  kPadded8,
  k4Plus1,
  k1Plus4,
  kPacked5,
  kPacked4,
};

struct SplitInfo {
  Split split;
  std::string_view name;
  int code_bits;    ///< width of the codes it takes; 8 for padded8, which also takes narrower ones
  int wide_bits;    ///< bits an element has in the wide array (in the only one where narrow_bits is 0)
  int narrow_bits;  ///< bits an element has in the narrow array

  constexpr int stored_bits() const { return wide_bits + narrow_bits; }
  constexpr bool has_two_arrays() const { return narrow_bits != 0; }
  constexpr bool accepts(int bits) const {
    return split == Split::kPadded8 ? bits >= 1 && bits <= 8 : bits == code_bits;
  }
};

inline constexpr std::array<SplitInfo, 9> kSplits{{
    {Split::k4Plus2, "4+2", 6, 4, 2},
    {Split::k2Plus4, "2+4", 6, 4, 2},
    {Split::k4Plus2Byte, "4+2-byte", 6, 4, 2},
    {Split::kPacked6, "packed6", 6, 6, 0},
    {Split::kPadded8, "padded8", 8, 8, 0},
    {Split::k4Plus1, "4+1", 5, 4, 1},
    {Split::k1Plus4, "1+4", 5, 4, 1},
    {Split::kPacked5, "packed5", 5, 5, 0},
    {Split::kPacked4, "packed4", 4, 4, 0},
}};

constexpr const SplitInfo& info(Split split) {
  return kSplits[static_cast<std::size_t>(split)];
}
constexpr std::string_view name(Split split) {
  return info(split).name;
}

/// The split of that name. Throws fp6sim::Error listing the nearest.
Split split_by_name(std::string_view name);

/// What a format of `code_bits` uses where nobody chose: 4+2, 4+1, packed4, else padded8.
constexpr Split default_split(int code_bits) {
  switch (code_bits) {
    case 6:
      return Split::k4Plus2;
    case 5:
      return Split::k4Plus1;
    case 4:
      return Split::kPacked4;
    default:
      return Split::kPadded8;
  }
}

// The byte-ready arrangement. A register holds the binary16 high bytes of four weights, one in each byte:
//
//     bit   7  6  5  4  3  2  1  0       binary16 high byte of E3M2 shifted under the bias: s 0 0 e2 e1 e0 m1
//     m0 wide  s  .  .  e2 e1 .  .  m0      mask 0x99 narrow.  .  .  .  .  e0 m1 .       mask 0x06
//
// Fields of 0x99 leave room for a second set rotated left by two (over the whole 32-bit word), fields of 0x06
// for three more rotated by 2, 4, 6. So, slot j of a word being in byte j % 4:
//
//     wide word    slots 0-3: rotation 0   slots 4-7: rotation 2
//     narrow word  slots 0-3: rotation 0   4-7: 2   8-11: 4   12-15: 6
//
//     four weights = (rotr(wide, 2 * (j / 4)) & 0x99999999) | (rotr(narrow, 2 * (j / 4)) & 0x06060606)
inline constexpr std::uint32_t kByteReadyWideMask = 0x99999999u;
inline constexpr std::uint32_t kByteReadyNarrowMask = 0x06060606u;

/// The binary16 high byte of a six-bit E3M2 code, before the bias is put back: s 0 0 e2 e1 e0 m1 m0.
constexpr std::uint32_t byte_ready_byte(std::uint32_t code) {
  return ((code & 0x20) << 2) | (code & 0x1F);
}
constexpr std::uint32_t code_of_byte_ready_byte(std::uint32_t byte) {
  return ((byte & 0x80) >> 2) | (byte & 0x1F);
}

/// Slots of a 32-bit word of each array, for the splits whose fields never straddle words.
constexpr int wide_slots(Split split) {
  return 32 / info(split).wide_bits;
}
constexpr int narrow_slots(Split split) {
  return info(split).narrow_bits == 0 ? 0 : 32 / info(split).narrow_bits;
}

/// The bits that slot `slot` (0..wide_slots-1) of a wide word holds for `code`; OR the slots' bits together.
/// Not for packed6 and packed5, whose fields straddle words.
constexpr std::uint32_t wide_word_bits(Split split, int slot, std::uint32_t code) {
  switch (split) {
    case Split::k4Plus2:
      return (code >> 2) << (4 * slot);
    case Split::k4Plus1:
      return (code >> 1) << (4 * slot);
    case Split::k2Plus4:
    case Split::k1Plus4:
    case Split::kPacked4:
      return (code & 15u) << (4 * slot);
    case Split::k4Plus2Byte:
      return std::rotl((byte_ready_byte(code) & 0x99u) << (8 * (slot % 4)), 2 * (slot / 4));
    case Split::kPadded8:
      return code << (8 * slot);
    case Split::kPacked6:
    case Split::kPacked5:
      break;
  }
  return 0;
}

/// The same for slot `slot` (0..narrow_slots-1) of a narrow word.
constexpr std::uint32_t narrow_word_bits(Split split, int slot, std::uint32_t code) {
  switch (split) {
    case Split::k4Plus2:
      return (code & 3u) << (2 * slot);
    case Split::k2Plus4:
      return (code >> 4) << (2 * slot);
    case Split::k4Plus1:
      return (code & 1u) << slot;
    case Split::k1Plus4:
      return (code >> 4) << slot;
    case Split::k4Plus2Byte:
      return std::rotl((byte_ready_byte(code) & 0x06u) << (8 * (slot % 4)), 2 * (slot / 4));
    default:
      return 0;
  }
}

/// The code whose fields are slot `wide_slot` of `wide` and slot `narrow_slot` of `narrow`: the inverse of
/// the two above.
constexpr std::uint32_t code_from_words(Split split, std::uint32_t wide, int wide_slot, std::uint32_t narrow,
                                        int narrow_slot) {
  switch (split) {
    case Split::k4Plus2:
      return ((wide >> (4 * wide_slot)) & 15u) << 2 | ((narrow >> (2 * narrow_slot)) & 3u);
    case Split::k2Plus4:
      return ((wide >> (4 * wide_slot)) & 15u) | ((narrow >> (2 * narrow_slot)) & 3u) << 4;
    case Split::k4Plus1:
      return ((wide >> (4 * wide_slot)) & 15u) << 1 | ((narrow >> narrow_slot) & 1u);
    case Split::k1Plus4:
      return ((wide >> (4 * wide_slot)) & 15u) | ((narrow >> narrow_slot) & 1u) << 4;
    case Split::k4Plus2Byte: {
      const std::uint32_t four =
          (std::rotr(wide, 2 * (wide_slot / 4)) >> (8 * (wide_slot % 4)) & 0x99u) |
          (std::rotr(narrow, 2 * (narrow_slot / 4)) >> (8 * (narrow_slot % 4)) & 0x06u);
      return code_of_byte_ready_byte(four);
    }
    case Split::kPacked4:
      return (wide >> (4 * wide_slot)) & 15u;
    case Split::kPadded8:
      return (wide >> (8 * wide_slot)) & 255u;
    case Split::kPacked6:
    case Split::kPacked5:
      break;
  }
  return 0;
}

}  // namespace fp6sim::emu
