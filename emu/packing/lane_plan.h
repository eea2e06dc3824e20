// Where the bits of six-bit codes lie in the six words that a lane has of a block, and how the lane reads
// them: a plan says which instructions bring every pair of weights to its place in a register.
#pragma once

#include <cstdint>
#include <utility>

#include "emu/packing/split.h"

namespace fp6sim::emu {

/// The 16-bit number that a code is to become, its exponent still short of the bias difference: the sign in
/// bit 15, the five bits of magnitude from top_bit() down.
///
///     bit            15 14 13 12 11 10  9  8  7  6  5  4 ...
///     kE3M2Half       s  .  . e2 e1 e0 m1 m0
///     kE2M3Half       s  .  .  . e1 e0 m2 m1 m0
///     kE3M2Bfloat     s  .  .  .  .  . e2 e1 e0 m1 m0
///     kE2M3Bfloat     s  .  .  .  .  .  . e1 e0 m2 m1 m0
enum class Landing : std::uint8_t { kE3M2Half, kE2M3Half, kE3M2Bfloat, kE2M3Bfloat };

constexpr int top_bit(Landing landing) {
  constexpr int kTops[] = {12, 11, 9, 8};
  return kTops[static_cast<int>(landing)];
}
/// Bit of a half at which bit `bit` of a code lands (5: the sign).
constexpr int landing_bit(Landing landing, int bit) {
  return bit == 5 ? 15 : top_bit(landing) - 4 + bit;
}
/// The bits of a register in which a pair of weights has landed.
constexpr std::uint32_t landing_mask(Landing landing) {
  return (0x8000u | 0x1Fu << (top_bit(landing) - 4)) * 0x10001u;
}

inline constexpr int kLaneWords = 6;   ///< 0..3 wide, 4 and 5 narrow
inline constexpr int kLanePairs = 16;  ///< registers of the A fragments: 4 * step + register
inline constexpr int kLaneWeights = 2 * kLanePairs;
inline constexpr int kMostMerges = 12;

/// A register made of two others: in both halves, `mask` takes bits of the first, else the second's are
/// taken.
struct LaneMerge {
  int first, second;
  std::uint16_t mask;
};
/// A pair of weights: ((first ^ second) & landing mask rotated left by `rotation`) rotated back. `second` is
/// kNoRegister where there is nothing to XOR.
struct LanePair {
  int first, second, rotation;
};
inline constexpr int kNoRegister = -1;

/// Registers are numbered: the words, then the merges, each of which names smaller numbers.
///
/// A code's bits could simply lie in the words of its split's two segments, each word's in places of their
/// own. Then every pair takes an instruction that puts bits of a wide and of a narrow word together, and one
/// that clears the others. XOR needs one for both: two words are XORed as they are, and the bit that the pair
/// wants is stored XORed with what the other word has there. So a wide word holds the bits of the wide
/// segment, and a narrow word those of the narrow one, where `second` is kNoRegister as they are and else as
/// that difference. A merge is needed here and there, or the differences would go round in circles.
struct LanePlan {
  Split split = Split::k4Plus2Byte;
  Landing landing = Landing::kE3M2Half;
  int merges = 0;
  LaneMerge merge[kMostMerges] = {};
  LanePair pair[kLanePairs] = {};

  constexpr int registers() const { return kLaneWords + merges; }
  /// First step whose pairs need merge `index`.
  constexpr int first_step(int index) const {
    int first = 4;
    for (int i = kLanePairs - 1; i >= 0; --i) {
      if (needs(pair[i].first, kLaneWords + index) || needs(pair[i].second, kLaneWords + index))
        first = i / 4;
    }
    return first;
  }
  constexpr bool needs(int from, int wanted) const {
    if (from == wanted) return true;
    if (from < kLaneWords) return false;
    const LaneMerge& made = merge[from - kLaneWords];
    return needs(made.first, wanted) || needs(made.second, wanted);
  }
  /// The word whose bit register `from` has at bit `position`.
  constexpr int word_at(int from, int position) const {
    while (from >= kLaneWords) {
      const LaneMerge& made = merge[from - kLaneWords];
      from = made.mask >> (position % 16) & 1 ? made.first : made.second;
    }
    return from;
  }
};

/// One bit of one weight: the words (a bit mask of 0..5) whose bits at `position` XOR to it, and those that a
/// one toggles there.
struct LaneBit {
  int position = 0;
  unsigned read = 0, write = 0;
};

/// A plan as a code: bits of weight 2 * pair + half. `valid`: every set of codes has words of its own, and
/// every bit depends on a word of its own segment.
struct LaneCode {
  LaneBit bit[kLaneWeights][6] = {};
  bool valid = true;
};

constexpr LaneCode lane_code(const LanePlan& plan) {
  LaneCode code;
  const std::uint32_t wide_bits = plan.split == Split::k4Plus2   ? 0b111100
                                  : plan.split == Split::k2Plus4 ? 0b001111
                                                                 : 0b111001;
  for (int position = 0; position < 32; ++position) {
    // Six bits are read here, of six words: invert by elimination.
    unsigned rows[kLaneWords] = {}, inverse[kLaneWords] = {};
    LaneBit* bits[kLaneWords] = {};
    int count = 0, wide = 0;
    for (int index = 0; index < kLaneWeights; ++index) {
      const LanePair& pair = plan.pair[index / 2];
      for (int bit = 0; bit < 6; ++bit) {
        if ((landing_bit(plan.landing, bit) + 16 * (index % 2) + pair.rotation) % 32 != position) continue;
        if (count == kLaneWords) return code.valid = false, code;
        LaneBit& here = code.bit[index][bit];
        here.position = position;
        here.read = 1u << plan.word_at(pair.first, position);
        if (pair.second != kNoRegister) here.read ^= 1u << plan.word_at(pair.second, position);
        const bool in_wide = wide_bits >> bit & 1;
        wide += in_wide ? 1 : 0;
        if ((here.read & (in_wide ? 0b001111u : 0b110000u)) == 0) code.valid = false;
        rows[count] = here.read;
        inverse[count] = 1u << count;
        bits[count++] = &here;
      }
    }
    if (count != kLaneWords || wide != 4) code.valid = false;
    for (int column = 0; column < kLaneWords; ++column) {
      int pivot = column;
      while (pivot < kLaneWords && (rows[pivot] >> column & 1) == 0) ++pivot;
      if (pivot == kLaneWords) return code.valid = false, code;
      std::swap(rows[pivot], rows[column]);
      std::swap(inverse[pivot], inverse[column]);
      for (int row = 0; row < kLaneWords; ++row) {
        if (row == column || (rows[row] >> column & 1) == 0) continue;
        rows[row] ^= rows[column];
        inverse[row] ^= inverse[column];
      }
    }
    for (int word = 0; word < kLaneWords; ++word) {
      for (int i = 0; i < kLaneWords; ++i) {
        if (inverse[word] >> i & 1) bits[i]->write |= 1u << word;
      }
    }
  }
  return code;
}

}  // namespace fp6sim::emu
