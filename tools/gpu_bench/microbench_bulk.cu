// Bulk copies, which GPUs before Hopper do not have: compiled for 9.0 and later alone.
#include "kernels/device/device.cuh"
#include "tools/gpu_bench/microbench.h"

namespace fp6sim::bench {
namespace {

constexpr int kPlaces = 512;
constexpr std::size_t kStride = 64 * 1024;

__global__ void bulk_latency(const std::byte* from, unsigned bytes, int laps, long long* cycles) {
  __shared__ alignas(128) std::byte to[8192];
  __shared__ kernels::Mbarrier landed;
  kernels::mbarrier_init(&landed, 1);
  kernels::fence_mbarrier_init();
  unsigned parity = 0;
  for (int lap = 0; lap < laps; ++lap) {
    const long long start = clock64();
    for (int place = 0; place < kPlaces; ++place) {
      kernels::mbarrier_arrive_expect_tx(&landed, bytes);
      kernels::bulk_copy_to_shared(to, from + place * kStride, bytes, &landed);
      kernels::mbarrier_wait(&landed, parity);
      parity ^= 1;
    }
    *cycles = (clock64() - start) / kPlaces;
  }
}

}  // namespace

void launch_bulk_latency(const std::byte* from, unsigned bytes, int laps, long long* cycles) {
  bulk_latency<<<1, 1>>>(from, bytes, laps, cycles);
}

}  // namespace fp6sim::bench
