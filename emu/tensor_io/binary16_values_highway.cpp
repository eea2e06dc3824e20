// The conversion instruction, where a processor has one; chosen at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emu/tensor_io/binary16_values_highway.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include <hwy/highway.h>

#include <cstring>

#include "emu/tensor_io/binary16_values.h"

HWY_BEFORE_NAMESPACE();
namespace fp6sim::tensor_io {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void Values(const std::byte* source, float* out, std::size_t count) {
  const hn::CappedTag<float, 16> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> half;
  const std::size_t lanes = hn::Lanes(d);
  alignas(64) hwy::float16_t in[16] = {};
  alignas(64) float tail[16];
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    std::memcpy(in, source + 2 * i, 2 * lanes);  // any alignment; becomes one load
    hn::StoreU(hn::PromoteTo(d, hn::Load(half, in)), d, out + i);
  }
  if (i == count) return;
  std::memcpy(in, source + 2 * i, 2 * (count - i));
  hn::Store(hn::PromoteTo(d, hn::Load(half, in)), d, tail);
  std::memcpy(out + i, tail, sizeof(float) * (count - i));
}

}  // namespace HWY_NAMESPACE
}  // namespace fp6sim::tensor_io
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fp6sim::tensor_io {

HWY_EXPORT(Values);

void binary16_values(const std::byte* source, float* out, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(Values)(source, out, count);
}

}  // namespace fp6sim::tensor_io
#endif
