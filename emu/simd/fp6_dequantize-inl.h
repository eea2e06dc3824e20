// Packed words -> binary16 through a table of the 32 scaled magnitudes. Included once for each SIMD target.
#if defined(FP6SIM_EMU_SIMD_FP6_DEQUANTIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FP6SIM_EMU_SIMD_FP6_DEQUANTIZE_INL_H_
#undef FP6SIM_EMU_SIMD_FP6_DEQUANTIZE_INL_H_
#else
#define FP6SIM_EMU_SIMD_FP6_DEQUANTIZE_INL_H_
#endif

#include <hwy/highway.h>

#include "emu/simd/fp6_encode-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fp6sim::emu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// RN16(magnitude * scale) of the 32 magnitudes, low and high bytes apart; the scale's sign is in the high
/// bytes.
struct Products {
  alignas(64) std::uint8_t low[32];
  alignas(64) std::uint8_t high[32];
};

HWY_INLINE void MakeProducts(const float* HWY_RESTRICT magnitudes, std::uint16_t scale, Products& to) {
#if HWY_TARGET <= HWY_AVX2  // F16C: the hardware rounds to binary16
  const hn::CappedTag<float, 16> df;
  const hn::Rebind<hwy::float16_t, decltype(df)> dh;
  const hn::Rebind<std::uint16_t, decltype(df)> d16;
  const hn::Full128<std::uint8_t> d8;
  const auto by = hn::PromoteTo(df, hn::BitCast(dh, hn::Set(d16, scale)));
  alignas(64) std::uint16_t halves[32];
  for (std::size_t i = 0; i < 32; i += hn::Lanes(df)) {
    const auto product = hn::DemoteTo(dh, hn::Mul(hn::Load(df, magnitudes + i), by));
    hn::Store(hn::BitCast(d16, product), d16, halves + i);
  }
  for (std::size_t i = 0; i < 32; i += 16) {
    hn::Vec<decltype(d8)> low, high;
    hn::LoadInterleaved2(d8, reinterpret_cast<const std::uint8_t*>(halves + i), low, high);
    hn::Store(low, d8, to.low + i);
    hn::Store(high, d8, to.high + i);
  }
#else
  const hn::CappedTag<std::uint32_t, 16> d;
  const hn::RebindToFloat<decltype(d)> df;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const hn::RebindToSigned<decltype(d)> di;
  // The scale as binary32: its fields moved up, then 2^112 for the difference of the biases. Exact.
  const float by = std::bit_cast<float>((scale & 0x7FFFu) << 13) * 0x1p112f;
  const auto sign = hn::Set(d, (scale >> 8) & 0x80u);
  for (std::size_t i = 0; i < 32; i += hn::Lanes(d)) {
    const auto product = hn::BitCast(d, hn::Mul(hn::Load(df, magnitudes + i), hn::Set(df, by)));
    // 65536 rounds to the code of infinity, as does everything from 65520 on.
    const auto half = RoundMagnitude<10, -14>(d, hn::Min(product, hn::Set(d, 0x47800000u)));
    // DemoteTo saturates, hence the masks. (TruncateTo would not need them, but in Highway 1.0.3 it permutes
    // 512-bit vectors of AVX3_DL wrongly.)
    const auto low = hn::And(half, hn::Set(d, 0xFFu));
    const auto high = hn::Or(hn::ShiftRight<8>(half), sign);
    hn::Store(hn::DemoteTo(d8, hn::BitCast(di, low)), d8, to.low + i);
    hn::Store(hn::DemoteTo(d8, hn::BitCast(di, high)), d8, to.high + i);
  }
#endif
}

/// Looks up sixteen-entry tables twice. `bytes`: sign in bit 7, magnitude in bits 4..0, as split.h's
/// byte-ready form.
template <class D>
struct Lookup {
  using V = hn::Vec<D>;
  D d;
  V low0, low1, high0, high1;

  Lookup(D tag, const Products& products)
      : d(tag),
        low0(hn::LoadDup128(tag, products.low)),
        low1(hn::LoadDup128(tag, products.low + 16)),
        high0(hn::LoadDup128(tag, products.high)),
        high1(hn::LoadDup128(tag, products.high + 16)) {}

  HWY_INLINE void operator()(V bytes, V& low, V& high) const {
    const V index = hn::And(bytes, hn::Set(d, std::uint8_t{15}));
    const auto upper = hn::TestBit(bytes, hn::Set(d, std::uint8_t{16}));
    low = hn::IfThenElse(upper, hn::TableLookupBytes(low1, index), hn::TableLookupBytes(low0, index));
    const V unsigned_high =
        hn::IfThenElse(upper, hn::TableLookupBytes(high1, index), hn::TableLookupBytes(high0, index));
    high = hn::Xor(unsigned_high, hn::And(bytes, hn::Set(d, std::uint8_t{0x80})));
  }
};

/// How results are written: straight, or (whole cache lines that nobody will read soon) around the caches, a
/// vector or, where the output is only so aligned, 16 bytes at a time.
enum class Stores { kCached, kStreamBlocks, kStreamVectors };

/// Writes what `store(where)` stores.
template <std::size_t kElements, Stores kStores, class Store>
HWY_INLINE void Put(std::uint16_t* HWY_RESTRICT out, const Store& store) {
  if constexpr (kStores == Stores::kCached) {
    store(out);
  } else {
    const hn::CappedTag<std::uint16_t, kStores == Stores::kStreamVectors ? HWY_MIN(kElements, 32) : 8> d;
    alignas(64) std::uint16_t line[kElements];
    store(line);
    for (std::size_t i = 0; i < kElements; i += hn::Lanes(d)) hn::Stream(hn::Load(d, line + i), d, out + i);
  }
}

/// Packed words of memory-sized arrays are asked for this early, as weights are in fp6_encode-inl.h.
constexpr std::size_t kWordsAhead = 512;

template <Stores kStores>
HWY_INLINE void FetchAhead(ConstPackedRun at) {
  if constexpr (kStores != Stores::kCached) {
    hwy::Prefetch(at.wide + kWordsAhead);
    hwy::Prefetch(at.narrow + kWordsAhead / 2);
  }
}

/// 4+2: a step of 2 * Lanes(d) weights. Even weights sit in low nibbles, odd ones in high nibbles.
template <Stores kStores, class D>
HWY_INLINE std::size_t FourPlusTwoSteps(D d, ConstPackedRun in, const Products& products, std::size_t done,
                                        std::size_t count, std::uint16_t* HWY_RESTRICT out) {
  using V = hn::Vec<D>;
  const hn::Repartition<std::uint16_t, D> d16;
  const hn::Half<D> half;
  const std::size_t lanes = hn::Lanes(d);
  const Lookup<D> lookup(d, products);
  const auto set = [&](int value) HWY_ATTR { return hn::Set(d, static_cast<std::uint8_t>(value)); };
  const auto* const wide_bytes = reinterpret_cast<const std::uint8_t*>(in.wide);
  const auto* const narrow_bytes = reinterpret_cast<const std::uint8_t*>(in.narrow);
  for (; done + 2 * lanes <= count; done += 2 * lanes) {
    FetchAhead<kStores>(in.at(done));
    const V wide = hn::LoadU(d, wide_bytes + done / 2);
    const auto wide16 = hn::BitCast(d16, wide);
    // Four fields a byte, spread so that each byte's low nibble has those of one wide byte.
    const auto narrow16 = hn::PromoteTo(d16, hn::LoadU(half, narrow_bytes + done / 4));
    const V narrow = hn::And(hn::BitCast(d, hn::Or(narrow16, hn::ShiftLeft<4>(narrow16))), set(0x0F));
    const V narrow_odd = hn::BitCast(d, hn::ShiftRight<2>(hn::BitCast(d16, narrow)));

    const V even_sign = hn::And(hn::BitCast(d, hn::ShiftLeft<4>(wide16)), set(0x80));
    const V even_top = hn::And(hn::BitCast(d, hn::ShiftLeft<2>(wide16)), set(0x1C));
    const V even = hn::Or(hn::Or(even_sign, even_top), hn::And(narrow, set(3)));
    const V odd_top = hn::And(hn::BitCast(d, hn::ShiftRight<2>(wide16)), set(0x1C));
    const V odd = hn::Or(hn::Or(hn::And(wide, set(0x80)), odd_top), hn::And(narrow_odd, set(3)));

    V even_low, even_high, odd_low, odd_high;
    lookup(even, even_low, even_high);
    lookup(odd, odd_low, odd_high);
    Put<2 * hn::MaxLanes(D()), kStores>(out + done, [&](std::uint16_t* to) HWY_ATTR {
      hn::StoreInterleaved4(even_low, even_high, odd_low, odd_high, d, reinterpret_cast<std::uint8_t*>(to));
    });
  }
  return done;
}

/// 4+2-byte: a step of Lanes(d) weights. Each dword of four weights is its words, rotated and masked.
template <Stores kStores, class D>
HWY_INLINE std::size_t ByteReadySteps(D d, ConstPackedRun in, const Products& products, std::size_t done,
                                      std::size_t count, std::uint16_t* HWY_RESTRICT out) {
  using V = hn::Vec<D>;
  const hn::Repartition<std::uint32_t, D> d32;
  const hn::Repartition<std::uint64_t, D> d64;
  const hn::Half<decltype(d32)> half;
  const hn::Half<decltype(half)> quarter;
  const std::size_t lanes = hn::Lanes(d);
  const Lookup<D> lookup(d, products);
  alignas(64) std::int32_t twice[16], four_times[16];
  for (std::size_t p = 0; p < lanes / 4; ++p) {
    twice[p] = static_cast<std::int32_t>(p / 2);
    four_times[p] = static_cast<std::int32_t>(p / 4);
  }
  const auto to_twice = hn::SetTableIndices(d32, twice);
  const auto to_four_times = hn::SetTableIndices(d32, four_times);
  for (; done + lanes <= count; done += lanes) {
    const ConstPackedRun here = in.at(done);
    FetchAhead<kStores>(here);
    auto wide = hn::TableLookupLanes(hn::ZeroExtendVector(d32, hn::LoadU(half, here.wide)), to_twice);
    wide = hn::OddEven(hn::RotateRight<2>(wide), wide);
    auto narrow = hn::TableLookupLanes(
        hn::ZeroExtendVector(d32, hn::ZeroExtendVector(half, hn::LoadU(quarter, here.narrow))),
        to_four_times);
    narrow = hn::OddEven(hn::RotateRight<2>(narrow), narrow);
    narrow =
        hn::BitCast(d32, hn::OddEven(hn::BitCast(d64, hn::RotateRight<4>(narrow)), hn::BitCast(d64, narrow)));
    const V bytes = hn::BitCast(d, hn::Or(hn::And(wide, hn::Set(d32, kByteReadyWideMask)),
                                          hn::And(narrow, hn::Set(d32, kByteReadyNarrowMask))));
    V low, high;
    lookup(bytes, low, high);
    Put<hn::MaxLanes(D()), kStores>(out + done, [&](std::uint16_t* to) HWY_ATTR {
      hn::StoreInterleaved2(low, high, d, reinterpret_cast<std::uint8_t*>(to));
    });
  }
  return done;
}

#if HWY_TARGET == HWY_AVX3_DL
// With VBMI one permutation looks up 64 bytes at once and one multishift extracts a field for every byte. 64
// weights a step; the qwords (8 weights each) are taken in the order 0 4 1 5 2 6 3 7, so that interleaving
// the low and high bytes of each block leaves weights 0..31 in one register and 32..63 in the other.
struct VbmiConstants {
  alignas(64) std::uint8_t wide[64], narrow[64], wide_shift[64], narrow_shift[64];
  alignas(64) std::uint8_t low[64], high[64];  // the bytes of the 32 products, twice
};
template <Split kSplit>
constexpr VbmiConstants MakeVbmiConstants() {
  VbmiConstants c{};
  for (int i = 0; i < 64; ++i) {
    c.low[i] = static_cast<std::uint8_t>(2 * (i % 32));
    c.high[i] = static_cast<std::uint8_t>(2 * (i % 32) + 1);
  }
  for (int q = 0; q < 8; ++q) {
    const int from = q / 2 + 4 * (q % 2);
    for (int j = 0; j < 8; ++j) {
      const int at = 8 * q + j;
      if (kSplit == Split::k4Plus2) {
        c.wide[at] = static_cast<std::uint8_t>(4 * from + j % 4);
        c.narrow[at] = static_cast<std::uint8_t>(2 * from + j % 2);
        c.wide_shift[at] = static_cast<std::uint8_t>(4 * j);
        c.narrow_shift[at] = static_cast<std::uint8_t>(2 * j);
      } else {  // the word twice, so that taking eight bits at any place rotates
        c.wide[at] = static_cast<std::uint8_t>(4 * from + j % 4);
        c.narrow[at] = static_cast<std::uint8_t>(4 * (from / 2) + j % 4);
        c.wide_shift[at] = static_cast<std::uint8_t>(8 * (j % 4) + 2 * (j / 4));
        c.narrow_shift[at] = static_cast<std::uint8_t>(8 * (j % 4) + 2 * (j / 4) + 4 * (from % 2));
      }
    }
  }
  return c;
}

template <Stores kStores>
HWY_INLINE void PutVbmi(std::uint16_t* out, __m512i v) {
  if constexpr (kStores == Stores::kCached) {
    _mm512_storeu_si512(out, v);
  } else if constexpr (kStores == Stores::kStreamVectors) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(out), v);
  } else {
    auto* const to = reinterpret_cast<__m128i*>(out);
    _mm_stream_si128(to, _mm512_castsi512_si128(v));
    _mm_stream_si128(to + 1, _mm512_extracti32x4_epi32(v, 1));
    _mm_stream_si128(to + 2, _mm512_extracti32x4_epi32(v, 2));
    _mm_stream_si128(to + 3, _mm512_extracti32x4_epi32(v, 3));
  }
}

template <Split kSplit, Stores kStores>
HWY_INLINE std::size_t VbmiSteps(ConstPackedRun in, const float* magnitudes, std::uint16_t scale,
                                 std::size_t done, std::size_t count, std::uint16_t* HWY_RESTRICT out) {
  static constexpr VbmiConstants kConstants = MakeVbmiConstants<kSplit>();
  const __m512i wide_index = _mm512_load_si512(kConstants.wide);
  const __m512i narrow_index = _mm512_load_si512(kConstants.narrow);
  const __m512i wide_shift = _mm512_load_si512(kConstants.wide_shift);
  const __m512i narrow_shift = _mm512_load_si512(kConstants.narrow_shift);
  const __m512 by = _mm512_cvtph_ps(_mm256_set1_epi16(static_cast<short>(scale)));
  const auto products = [&](const float* from) HWY_ATTR {
    return _mm512_cvtps_ph(_mm512_mul_ps(_mm512_load_ps(from), by),
                           _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  };
  const __m512i halves =
      _mm512_inserti64x4(_mm512_castsi256_si512(products(magnitudes)), products(magnitudes + 16), 1);
  const __m512i low_table = _mm512_permutexvar_epi8(_mm512_load_si512(kConstants.low), halves);
  const __m512i high_table = _mm512_xor_si512(
      _mm512_permutexvar_epi8(_mm512_load_si512(kConstants.high), halves),
      _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi8(static_cast<char>(0x80)), 1));
  for (; done + 64 <= count; done += 64) {
    const ConstPackedRun here = in.at(done);
    FetchAhead<kStores>(here);
    const __m512i wide_words =
        _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(here.wide)));
    const __m512i narrow_words =
        _mm512_castsi128_si512(_mm_loadu_si128(reinterpret_cast<const __m128i*>(here.narrow)));
    const __m512i wide =
        _mm512_multishift_epi64_epi8(wide_shift, _mm512_permutexvar_epi8(wide_index, wide_words));
    const __m512i narrow =
        _mm512_multishift_epi64_epi8(narrow_shift, _mm512_permutexvar_epi8(narrow_index, narrow_words));
    __m512i low_bytes, high_bytes;
    if constexpr (kSplit == Split::k4Plus2) {
      // The code itself indexes the tables (the permutation reads six bits): narrow below, wide above.
      const __m512i code =
          _mm512_ternarylogic_epi64(_mm512_set1_epi8(3), narrow, _mm512_slli_epi16(wide, 2), 0xCA);
      low_bytes = _mm512_permutexvar_epi8(code, low_table);
      high_bytes = _mm512_permutexvar_epi8(code, high_table);
    } else {
      const __m512i four = _mm512_and_si512(wide, _mm512_set1_epi32(static_cast<int>(kByteReadyWideMask)));
      const __m512i narrow_mask = _mm512_set1_epi32(static_cast<int>(kByteReadyNarrowMask));
      const __m512i bytes = _mm512_ternarylogic_epi64(narrow_mask, narrow, four, 0xCA);
      low_bytes = _mm512_permutexvar_epi8(bytes, low_table);  // bit 5 is 0
      const __m512i sign = _mm512_set1_epi8(static_cast<char>(0x80));
      high_bytes = _mm512_ternarylogic_epi64(_mm512_permutexvar_epi8(bytes, high_table), bytes, sign, 0x78);
    }
    PutVbmi<kStores>(out + done, _mm512_unpacklo_epi8(low_bytes, high_bytes));
    PutVbmi<kStores>(out + done + 32, _mm512_unpackhi_epi8(low_bytes, high_bytes));
  }
  return done;
}
#endif  // HWY_AVX3_DL

template <Split kSplit, Stores kStores, class D>
HWY_INLINE std::size_t DequantizeSteps(D d, ConstPackedRun in, const Products& products, std::size_t done,
                                       std::size_t count, std::uint16_t* HWY_RESTRICT out) {
  if constexpr (kSplit == Split::k4Plus2)
    return FourPlusTwoSteps<kStores>(d, in, products, done, count, out);
  else
    return ByteReadySteps<kStores>(d, in, products, done, count, out);
}

template <Split kSplit, Stores kStores>
HWY_INLINE void DequantizeRun(const FloatFormat& format, ConstPackedRun in, const float* magnitudes,
                              std::uint16_t scale, std::size_t count, std::uint16_t* HWY_RESTRICT out) {
  std::size_t done = 0;
#if HWY_TARGET == HWY_AVX3_DL
  done = VbmiSteps<kSplit, kStores>(in, magnitudes, scale, done, count, out);
  if (done == count) return;
#endif
  Products products;
  MakeProducts(magnitudes, scale, products);
#if HWY_TARGET != HWY_AVX3_DL
  done = DequantizeSteps<kSplit, kStores>(hn::CappedTag<std::uint8_t, 64>(), in, products, done, count, out);
#endif
  done = DequantizeSteps<kSplit, kStores>(hn::CappedTag<std::uint8_t, 16>(), in, products, done, count, out);
  if (done < count) {
    scalar::dequantize_run(format, kSplit, in.at(done), count - done, from_binary16(scale), out + done);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::emu
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
