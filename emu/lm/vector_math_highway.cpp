// SIMD versions, compiled once for each instruction set and chosen at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emu/lm/vector_math_highway.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include <hwy/highway.h>

#include <algorithm>

#include "emu/lm/exponential.h"
#include "emu/lm/vector_math_simd.h"

HWY_BEFORE_NAMESPACE();
namespace fp6sim::lm::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::CappedTag<float, 16>;
using Narrow = hn::CappedTag<float, 8>;
constexpr std::size_t kNarrowRows = 8;

std::size_t PanelRows(std::size_t rows) {
  return rows <= kNarrowRows ? kNarrowRows : 2 * hn::Lanes(Wide());
}

// kTokens x (kVectors vectors of rows) accumulators stay in registers over all columns.
template <std::size_t kTokens, std::size_t kVectors, class D>
HWY_INLINE void Tile(D d, const float* HWY_RESTRICT x, std::size_t x_stride, const float* HWY_RESTRICT w,
                     std::size_t columns, float* HWY_RESTRICT out, std::size_t out_stride) {
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<D> sums[kTokens][kVectors];
  for (auto& row : sums) {
    for (auto& sum : row) sum = hn::Zero(d);
  }
  for (std::size_t c = 0; c < columns; ++c) {
    hn::Vec<D> weights[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) weights[v] = hn::LoadU(d, w + (c * kVectors + v) * lanes);
    for (std::size_t t = 0; t < kTokens; ++t) {
      const auto activation = hn::Set(d, x[t * x_stride + c]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[t][v] = hn::Add(sums[t][v], hn::Mul(activation, weights[v]));  // two roundings, on purpose
      }
    }
  }
  for (std::size_t t = 0; t < kTokens; ++t) {
    for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sums[t][v], d, out + t * out_stride + v * lanes);
  }
}

template <std::size_t kVectors, class D>
void Panels(D d, const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
            std::size_t y_stride) {
  constexpr std::size_t kTokens = 6;
  const std::size_t panel = w.panel();
  float spill[kTokens * 64];
  for (std::size_t first = 0; first < w.rows(); first += panel) {
    const float* weights = w.panels() + first * w.columns();
    const std::size_t present = std::min(panel, w.rows() - first);
    for (std::size_t t = 0; t < tokens;) {
      const std::size_t count = tokens - t >= kTokens ? kTokens : 1;
      const float* from = x + t * x_stride;
      float* to = present == panel ? y + t * y_stride + first : spill;
      const std::size_t to_stride = present == panel ? y_stride : panel;
      if (count == kTokens) {
        Tile<kTokens, kVectors>(d, from, x_stride, weights, w.columns(), to, to_stride);
      } else {
        Tile<1, kVectors>(d, from, x_stride, weights, w.columns(), to, to_stride);
      }
      if (to == spill) {
        for (std::size_t i = 0; i < count; ++i) {
          std::copy_n(spill + i * panel, present, y + (t + i) * y_stride + first);
        }
      }
      t += count;
    }
  }
}

void Multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride) {
  // A narrow panel is one vector of 8 lanes, two of 4 or eight of 1.
  const Narrow narrow;
  if (w.panel() != kNarrowRows || 2 * hn::Lanes(Wide()) == kNarrowRows) {
    Panels<2>(Wide(), x, x_stride, tokens, w, y, y_stride);
  } else if (hn::Lanes(narrow) == kNarrowRows) {
    Panels<1>(narrow, x, x_stride, tokens, w, y, y_stride);
  } else {
    Panels<kNarrowRows>(hn::CappedTag<float, 1>(), x, x_stride, tokens, w, y, y_stride);
  }
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exponential(D d, V x) {
  namespace c = exponential_constants;
  const hn::RebindToUnsigned<D> du;
  const V round = hn::Set(d, c::kRound);
  x = hn::Min(hn::Max(x, hn::Set(d, -c::kLargest)), hn::Set(d, c::kLargest));
  const V shifted = hn::Add(hn::Mul(x, hn::Set(d, c::kLog2E)), round);
  const V n = hn::Sub(shifted, round);
  const V r = hn::Sub(hn::Sub(x, hn::Mul(n, hn::Set(d, c::kLn2High))), hn::Mul(n, hn::Set(d, c::kLn2Low)));
  V sum = hn::Set(d, c::kTaylor[0]);
  for (std::size_t k = 1; k < sizeof(c::kTaylor) / sizeof(float); ++k) {
    sum = hn::Add(hn::Mul(sum, r), hn::Set(d, c::kTaylor[k]));
  }
  return hn::BitCast(d, hn::Add(hn::BitCast(du, sum), hn::ShiftLeft<23>(hn::BitCast(du, shifted))));
}

float Maximum(const float* x, std::size_t count) {
  const Wide d;
  auto largest = hn::LoadU(d, x);
  for (std::size_t i = hn::Lanes(d); i < count; i += hn::Lanes(d))
    largest = hn::Max(largest, hn::LoadU(d, x + i));
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

void Exponentials(const float* x, std::size_t count, float largest, float* out, float* partial) {
  const Wide d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t j = 0; j < 16; j += lanes) {  // 16 / lanes independent vectors of partial sums
    auto sum = hn::LoadU(d, partial + j);
    for (std::size_t i = j; i < count; i += 16) {
      const auto e = Exponential(d, hn::Sub(hn::LoadU(d, x + i), hn::Set(d, largest)));
      hn::StoreU(e, d, out + i);
      sum = hn::Add(sum, e);
    }
    hn::StoreU(sum, d, partial + j);
  }
}

void SiluMultiply(float* gate, const float* up, std::size_t count) {
  const Wide d;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto g = hn::LoadU(d, gate + i);
    const auto e = Exponential(d, hn::Neg(g));
    const auto silu = hn::Div(g, hn::Add(hn::Set(d, 1.0f), e));
    hn::StoreU(hn::Mul(silu, hn::LoadU(d, up + i)), d, gate + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::lm::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fp6sim::lm::simd {

HWY_EXPORT(PanelRows);
HWY_EXPORT(Multiply);
HWY_EXPORT(Maximum);
HWY_EXPORT(Exponentials);
HWY_EXPORT(SiluMultiply);

std::size_t panel_rows(std::size_t rows) {
  return HWY_DYNAMIC_DISPATCH(PanelRows)(rows);
}
void multiply(const float* x, std::size_t x_stride, std::size_t tokens, const PackedMatrix& w, float* y,
              std::size_t y_stride) {
  HWY_DYNAMIC_DISPATCH(Multiply)(x, x_stride, tokens, w, y, y_stride);
}
float maximum(const float* x, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(Maximum)(x, count);
}
void exponentials(const float* x, std::size_t count, float largest, float* out, float* partial) {
  HWY_DYNAMIC_DISPATCH(Exponentials)(x, count, largest, out, partial);
}
void silu_multiply(float* gate, const float* up, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(SiluMultiply)(gate, up, count);
}

}  // namespace fp6sim::lm::simd
#endif
