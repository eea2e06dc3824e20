// A lane's packed words -> the A fragment of one mma.m16n8k16: RN16(value * scale), one rounding.
#pragma once

#include <cstdint>

#include "emu/format.h"
#include "kernels/dequantize/byte_fields.cuh"
#include "kernels/variant.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// The words a lane holds of one block of 16 x 64 weights.
template <KernelSpec Spec>
struct LaneWords {
  static constexpr int kWide = emu::info(Spec.split).wide_bits;
  static constexpr int kNarrow = emu::info(Spec.split).narrow_bits;
  std::uint32_t wide[kWide];
  std::uint32_t narrow[kNarrow == 0 ? 1 : kNarrow];
};

/// What the weights of one row of a group have in common, each value in both halves of a word.
struct RowTerms {
  std::uint32_t scale;
  std::uint32_t magic;  ///< zero points: what q sits on in the low nibbles, 1024 + z (bfloat16: 128 + z)
  std::uint32_t
      minus_high;  ///< binary16 zero points: -(64 + z), for nibbles that arrive as (1024 + 16 q) / 16
};

FP6SIM_DEVICE std::uint32_t twice(std::uint32_t half) {
  return prmt(half, 0, 0x1010);
}

/// Hopper converts FP8 to binary16 in hardware, and a byte of eight_bytes() is an E4M3 number if the format is
/// E2M3: value * 2^-6.
constexpr bool converts_bytes(const KernelSpec& spec, Generation generation) {
  return generation != Generation::kAmpere && spec.weights == WeightFormat::kE2M3 &&
         spec.activation == Activation::kFp16;
}

/// From a scale as packed and a zero point (0..15, ignored without).
template <KernelSpec Spec, Generation G>
FP6SIM_DEVICE RowTerms row_terms(std::uint16_t scale, std::uint32_t zero) {
  RowTerms terms{twice(scale), 0, 0};
  // Packed with 2^14 where 2^6 is due: exact, for what is left is the caller's scale times 2^6.
  if constexpr (converts_bytes(Spec, G)) terms.scale = hmul2(terms.scale, 0x1C001C00u);
  if constexpr (Spec.zero_point) {
    terms.magic = twice((Spec.activation == Activation::kFp16 ? 0x6400u : 0x4300u) + zero);
    terms.minus_high = twice(0xD400u + 16 * zero);
  }
  return terms;
}

/// Product of pairs in the activation's type.
template <Activation Type>
FP6SIM_DEVICE std::uint32_t multiply_pair(std::uint32_t a, std::uint32_t b) {
  if constexpr (Type == Activation::kFp16) {
    return hmul2(a, b);
  } else {
    return hmul2_bf16(a, b);
  }
}

constexpr emu::FloatFormat float_format(WeightFormat format) {
  return format == WeightFormat::kE3M2 ? emu::kE3M2 : format == WeightFormat::kE2M3 ? emu::kE2M3 : emu::kE2M2;
}

/// FP: four bytes of eight_bytes() become two pairs of 16-bit numbers whose exponent is short of the bias
/// difference; the scale carries 2^difference. Where the magnitude ends in the middle of the low byte it is
/// rotated there first, its lower bits into the byte below:
///
///     E2M3 in binary16    s 0 0 e1 e0 m2 m1 m0  ->  s . . . e1 e0 m2 m1  |  m0 . . . . . . .
///     E3M2 in bfloat16    s 0 0 e2 e1 e0 m1 m0  ->  s . . . . . e2 e1  |  e0 m1 m0 . . . . .
template <KernelSpec Spec, Generation G>
FP6SIM_DEVICE void spread(std::uint32_t (&pairs)[2], std::uint32_t bytes) {
  constexpr emu::FloatFormat kFormat = float_format(Spec.weights);
  constexpr int kMantissaBits = Spec.activation == Activation::kFp16 ? 10 : 7;
  constexpr unsigned kDown = 8 - (kMantissaBits - kFormat.mantissa_bits);
  if constexpr (converts_bytes(Spec, G)) {
    pairs[0] = half2_from_e4m3x2<false>(bytes);
    pairs[1] = half2_from_e4m3x2<true>(bytes);
  } else if constexpr (kDown == 0) {  // E3M2 and E2M2 in binary16: a byte is the high byte
    pairs[0] = prmt(bytes, 0, 0x1404);
    pairs[1] = prmt(bytes, 0, 0x3424);
  } else {
    constexpr std::uint32_t kHigh = (kFormat.sign_mask() - 1) >> kDown, kLow = 0xFF & (0xFF << (8 - kDown));
    const std::uint32_t rotated = rotate_right(bytes, kDown);
    const std::uint32_t sign = lop3<kAnd>(bytes, 0x80808080u, 0);
    const std::uint32_t high = lop3<kAndOr>(rotated, kHigh * 0x01010101u, sign);
    const std::uint32_t low = lop3<kAnd>(rotated, kLow * 0x01010101u, 0);
    pairs[0] = prmt(high, low, 0x1407);  // byte b has its low bits in byte b - 1
    pairs[1] = prmt(high, low, 0x3625);
  }
}

template <KernelSpec Spec, Generation G>
FP6SIM_DEVICE void dequantize_float(std::uint32_t (&a)[4], const LaneWords<Spec>& words, int step,
                                    const RowTerms (&rows)[2]) {
  std::uint32_t bytes[2];
  eight_bytes<Spec.split>(bytes, words.wide[step], words.narrow[step * LaneWords<Spec>::kNarrow / 4], step);
  FP6SIM_UNROLL
  for (int four = 0; four < 2; ++four) {
    std::uint32_t pairs[2];
    spread<Spec, G>(pairs, bytes[four]);
    a[2 * four] = multiply_pair<Spec.activation>(pairs[0], rows[0].scale);
    a[2 * four + 1] = multiply_pair<Spec.activation>(pairs[1], rows[1].scale);
  }
}

/// INT4: a nibble in the mantissa of 1024 (128 in bfloat16) reads 1024 + q; what is subtracted again is
/// exact. Signed nibbles are read as q + 8: the XOR that plants the exponent flips their top bit too.
template <KernelSpec Spec>
FP6SIM_DEVICE void dequantize_int4(std::uint32_t (&a)[4], const LaneWords<Spec>& words, int step,
                                   const RowTerms (&rows)[2]) {
  constexpr bool kSigned = !Spec.zero_point;
  constexpr bool kFp16 = Spec.activation == Activation::kFp16;
  FP6SIM_UNROLL
  for (int four = 0; four < 2; ++four) {
    const std::uint32_t nibbles = shifted(words.wide[step], -8 * four);  // of a[2 * four], a[2 * four + 1]
    FP6SIM_UNROLL
    for (int pair = 0; pair < 2; ++pair) {
      const RowTerms& row = rows[pair];
      std::uint32_t& to = a[2 * four + pair];
      if constexpr (!kFp16) {
        const std::uint32_t planted =
            lop3<kAndXor>(shifted(nibbles, -4 * pair), 0x000F000Fu, kSigned ? 0x43084308u : 0x43004300u);
        to = hmul2_bf16(hsub2_bf16(planted, kSigned ? 0x43084308u : row.magic), row.scale);
      } else if (pair == 0) {
        const std::uint32_t planted =
            lop3<kAndXor>(nibbles, 0x000F000Fu, kSigned ? 0x64086408u : 0x64006400u);
        to = hmul2(hsub2(planted, kSigned ? 0x64086408u : row.magic), row.scale);
      } else {  // the upper nibble reads 1024 + 16 q: times 1/16, then minus 64 + zero, exact
        const std::uint32_t planted =
            lop3<kAndXor>(nibbles, 0x00F000F0u, kSigned ? 0x64806480u : 0x64006400u);
        to = hmul2(hfma2(planted, 0x2C002C00u, kSigned ? 0xD480D480u : row.minus_high), row.scale);
      }
    }
  }
}

/// INT8, two's complement read as q + 128. bfloat16 has too short a mantissa for 128 + q: that path goes by
/// binary32.
template <KernelSpec Spec>
FP6SIM_DEVICE void dequantize_int8(std::uint32_t (&a)[4], const LaneWords<Spec>& words, int step,
                                   const RowTerms (&rows)[2]) {
  FP6SIM_UNROLL
  for (int four = 0; four < 2; ++four) {
    const std::uint32_t bytes = lop3<kXor>(words.wide[2 * step + four], 0x80808080u, 0);
    FP6SIM_UNROLL
    for (int pair = 0; pair < 2; ++pair) {
      if constexpr (Spec.activation == Activation::kFp16) {
        const std::uint32_t planted = prmt(bytes, 0x64646464u, pair == 0 ? 0x4140 : 0x4342);
        a[2 * four + pair] = hmul2(hsub2(planted, 0x64806480u), rows[pair].scale);
      } else {
        const float scale = from_bfloat16(static_cast<std::uint16_t>(rows[pair].scale));
        float value[2];
        FP6SIM_UNROLL
        for (int i = 0; i < 2; ++i) {
          const std::uint32_t planted =
              prmt(bytes, 0x4B000000u, 0x7440u + static_cast<unsigned>(2 * pair + i));
          value[i] = fmul(fadd(as_float(planted), -8388736.0f), scale);  // 2^23 + 128; both steps exact
        }
        a[2 * four + pair] = pack_bfloat162(value[0], value[1]);
      }
    }
  }
}

/// The fragment of step `step` (0..3) of a block; rows[0] of row lane / 4, rows[1] of the row eight below.
template <KernelSpec Spec, Generation G>
FP6SIM_DEVICE void dequantize_fragment(std::uint32_t (&a)[4], const LaneWords<Spec>& words, int step,
                                       const RowTerms (&rows)[2]) {
  if constexpr (Spec.weights == WeightFormat::kInt4) {
    dequantize_int4<Spec>(a, words, step, rows);
  } else if constexpr (Spec.weights == WeightFormat::kInt8) {
    dequantize_int8<Spec>(a, words, step, rows);
  } else {
    dequantize_float<Spec, G>(a, words, step, rows);
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
