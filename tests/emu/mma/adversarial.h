// Operands that hurt: one generator for the scalar and the SIMD tests, seeded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "emu/format.h"

namespace fp6sim::test {

/// What a group of operands stresses.
enum class Stress {
  kAnyBits,       ///< uniform codes: wide exponents, subnormals, now and then a special
  kOrdinary,      ///< about normal(0, 1)
  kNarrow,        ///< exponents within two binades of 1, full mantissas: sums at their largest
  kCancellation,  ///< products in pairs of opposite sign
  kSubnormal,     ///< subnormals and zeros
  kSparse,        ///< mostly zeros, of both signs
  kSpecials,      ///< a tenth infinities and NaNs
  kEdges,         ///< exponents around the bounds of the vector path, 2^-36 .. 2^23, and zeros
};
inline constexpr Stress kAllStress[] = {Stress::kAnyBits,      Stress::kOrdinary,  Stress::kNarrow,
                                        Stress::kCancellation, Stress::kSubnormal, Stress::kSparse,
                                        Stress::kSpecials};

class OperandSource {
 public:
  explicit OperandSource(std::uint64_t seed) : random_(seed) {}

  /// Fills `a` and `b` (one dot product) for a stress; codes of the two formats.
  void fill(Stress stress, const emu::FloatFormat& a_format, const emu::FloatFormat& b_format,
            std::vector<std::uint16_t>& a, std::vector<std::uint16_t>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = code(stress, a_format);
      b[i] = code(stress, b_format);
      if (stress == Stress::kCancellation && i % 2 == 1) {
        a[i] = a[i - 1];
        b[i] = static_cast<std::uint16_t>(b[i - 1] ^ b_format.sign_mask());
        if (below(4) == 0) b[i] ^= 1;
      }
    }
  }

  std::uint16_t code(Stress stress, const emu::FloatFormat& f) {
    const std::uint32_t any = below(1u << f.bits());
    const std::uint32_t sign = below(2) != 0 ? f.sign_mask() : 0;
    const std::uint32_t mantissa = below(1u << f.mantissa_bits);
    const auto field = [&](int exponent) {
      return static_cast<std::uint32_t>(exponent + f.bias) << f.mantissa_bits;
    };
    switch (stress) {
      case Stress::kAnyBits:
        break;
      case Stress::kOrdinary: {
        int exponent = 0;
        while (exponent > f.min_exponent() && below(2) != 0) --exponent;
        return static_cast<std::uint16_t>(sign | field(exponent) | mantissa);
      }
      case Stress::kNarrow:
        return static_cast<std::uint16_t>(sign_mostly_plus(f) | field(0) |
                                          (mantissa | (mantissa << 1)) % (1u << f.mantissa_bits) |
                                          (below(2) != 0 ? (1u << f.mantissa_bits) - 1 : 0));
      case Stress::kCancellation:
        return static_cast<std::uint16_t>(sign | field(static_cast<int>(below(3)) - 1) | mantissa);
      case Stress::kSubnormal:
        return static_cast<std::uint16_t>(sign | (below(3) == 0 ? 0 : mantissa));
      case Stress::kSparse:
        return static_cast<std::uint16_t>(below(8) == 0 ? any & ~special_bit(f, any) : sign);
      case Stress::kSpecials:
        if (below(10) == 0)
          return static_cast<std::uint16_t>(sign | f.exponent_mask() | (below(2) != 0 ? mantissa : 0));
        break;
      case Stress::kEdges: {
        if (below(4) == 0) return static_cast<std::uint16_t>(sign);
        const int exponent =
            below(2) != 0 ? -36 + static_cast<int>(below(7)) : 10 + static_cast<int>(below(14));
        return static_cast<std::uint16_t>(sign | field(std::clamp(exponent, f.min_exponent(), f.bias)) |
                                          mantissa);
      }
    }
    return static_cast<std::uint16_t>(any);
  }

  /// A binary32 or binary16 addend: zero, ordinary, tiny, huge or any bits.
  std::uint32_t addend(bool binary16) {
    const int bits = binary16 ? 16 : 32, mantissa_bits = binary16 ? 10 : 23, bias = binary16 ? 15 : 127;
    const auto any = static_cast<std::uint32_t>(random_()) >> (32 - bits);
    const std::uint32_t low = any & ((1u << mantissa_bits) - 1);
    const std::uint32_t sign = any & (1u << (bits - 1));
    const auto near = [&](int exponent) {  // the binade of an exponent, or those beside it
      return sign |
             (static_cast<std::uint32_t>(bias + exponent - 1 + static_cast<int>(below(3))) << mantissa_bits) |
             low;
    };
    switch (below(binary16 ? 5 : 8)) {
      case 0:
        return sign;
      case 1:
        return sign | (static_cast<std::uint32_t>(bias - 3 + static_cast<int>(below(6))) << mantissa_bits) |
               low;
      case 2:
        return sign | low;
      case 3:
        return sign | (static_cast<std::uint32_t>(2 * bias - static_cast<int>(below(3))) << mantissa_bits) |
               low;
      case 5:
        return near(-89);  // the least C beside bfloat16 operands, then binary16 ones, then the greatest
      case 6:
        return near(-73);
      case 7:
        return near(100);
      default:
        return any;
    }
  }

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

 private:
  std::uint32_t sign_mostly_plus(const emu::FloatFormat& f) { return below(20) == 0 ? f.sign_mask() : 0; }
  /// A bit whose removal makes a special code finite; 0 where `code` is finite.
  static std::uint32_t special_bit(const emu::FloatFormat& f, std::uint32_t code) {
    return (code & f.magnitude_mask()) > f.largest_code() ? 1u << f.mantissa_bits : 0;
  }

  std::mt19937_64 random_;
};

}  // namespace fp6sim::test
