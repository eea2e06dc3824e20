// The SIMD version, compiled once for each instruction set and chosen at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emu/checkpoint/error_sums_highway.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include <hwy/highway.h>

#include <limits>

#include "emu/checkpoint/error_sums.h"

HWY_BEFORE_NAMESPACE();
namespace fp6sim::checkpoint {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void AddRun(const float* weights, const float* values, std::size_t count, float* signal, float* noise,
            float* largest) {
  const hn::CappedTag<float, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto limit = hn::Set(d, std::numeric_limits<float>::max());
  for (std::size_t j = 0; j < 16; j += lanes) {
    auto signals = hn::LoadU(d, signal + j), noises = hn::LoadU(d, noise + j),
         most = hn::LoadU(d, largest + j);
    for (std::size_t i = j; i < count; i += 16) {
      const auto w = hn::LoadU(d, weights + i);
      const auto finite = hn::Le(hn::Abs(w), limit);
      const auto kept = hn::IfThenElseZero(finite, w);
      const auto error = hn::IfThenElseZero(finite, hn::Abs(hn::Sub(w, hn::LoadU(d, values + i))));
      signals = hn::Add(signals, hn::Mul(kept, kept));
      noises = hn::Add(noises, hn::Mul(error, error));
      most = hn::Max(most, error);
    }
    hn::StoreU(signals, d, signal + j);
    hn::StoreU(noises, d, noise + j);
    hn::StoreU(most, d, largest + j);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::checkpoint
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fp6sim::checkpoint {

HWY_EXPORT(AddRun);

void add_run(const float* weights, const float* values, std::size_t count, float* signal, float* noise,
             float* largest) {
  HWY_DYNAMIC_DISPATCH(AddRun)(weights, values, count, signal, noise, largest);
}

}  // namespace fp6sim::checkpoint
#endif
