// A user's kernel on fp6sim's device layer: E3M2 weights in my_layout.h's order, eight tokens, FP16.
#include "kernels/device/device.cuh"

using namespace fp6sim::kernels;

constexpr unsigned kMyRows = 64;  // of a CTA: 16 a warp
constexpr unsigned kMyThreads = 128;
constexpr unsigned kMyDepth = 64;  // k of a stage
constexpr unsigned kMyStages = 3;
constexpr unsigned kMySharedBytes = kMyStages * 8 * kMyDepth * 2;

// Codes 2i and 2i+1 of 48 bits as two binary16 values times 2^-12: sign to bit 15, the rest to bits 12..8.
FP6SIM_DEVICE std::uint32_t two_weights(std::uint32_t low, std::uint32_t high, unsigned i) {
  const unsigned at = 12 * i;
  const std::uint32_t both =
      at < 32 ? shift_right(low, at) | (at > 20 ? shift_left(high, 32 - at) : 0) : shift_right(high, at - 32);
  const std::uint32_t apart =
      lop3<0xEA>(shift_left(both, 10), 0x003F0000, both & 0x3F);  // a code in each half
  return lop3<0xEA>(shift_left(apart, 8), 0x1F001F00, shift_left(apart & 0x00200020, 10));
}

// Y[8, m] = X[8, k] * W[m, k]^T; m a multiple of 64, k of 64. scales[m]: binary16, times 2^12.
FP6SIM_KERNEL(128, 1)
my_kernel(const std::uint16_t* weights, const std::uint16_t* scales, const std::uint16_t* x, std::uint16_t* y,
          unsigned m, unsigned k) {
  auto* shared = reinterpret_cast<std::uint16_t*>(dynamic_shared());
  const unsigned t = thread_idx().x, lane = lane_id(), stages = k / kMyDepth;
  const unsigned row0 = block_idx().x * kMyRows + warp_id() * 16;

  // 64 threads copy 16 bytes each: row t / 8 of X, swizzled so that ldmatrix finds its rows in different
  // banks.
  const auto copy_stage = [&](unsigned stage) {
    if (stage < stages && t < 64) {
      const unsigned row = t / 8, chunk = t % 8;
      cp_async<16>(shared + stage % kMyStages * 8 * kMyDepth + row * kMyDepth + (chunk ^ row) * 8,
                   x + row * k + stage * kMyDepth + chunk * 8);
    }
    cp_async_commit();
  };
  copy_stage(0);
  copy_stage(1);

  const std::uint32_t scale_low = load_global(scales + row0 + lane / 4) * 0x10001u;
  const std::uint32_t scale_high = load_global(scales + row0 + lane / 4 + 8) * 0x10001u;
  float sum[4] = {0, 0, 0, 0};
  for (unsigned stage = 0; stage < stages; ++stage) {
    cp_async_wait<1>();
    sync_threads();
    copy_stage(stage + 2);  // into the stage everybody left before the barrier
    const std::uint16_t* tokens = shared + stage % kMyStages * 8 * kMyDepth;
    for (unsigned pair = 0; pair < kMyDepth / 32; ++pair) {
      std::uint32_t b[4];  // tokens for two steps
      ldmatrix(b, tokens + lane % 8 * kMyDepth + ((pair * 4 + lane / 8) ^ lane % 8) * 8);
      FP6SIM_UNROLL
      for (unsigned step = 0; step < 2; ++step) {
        const unsigned tile = row0 / 16 * (k / 16) + stage * (kMyDepth / 16) + pair * 2 + step;
        const std::uint16_t* words = weights + tile * 96 + lane;
        const std::uint32_t low = load_global(words) | std::uint32_t{load_global(words + 32)} << 16;
        const std::uint32_t high = load_global(words + 64);
        std::uint32_t a[4];
        const std::uint32_t tokens_of_step[2] = {b[2 * step], b[2 * step + 1]};
        FP6SIM_UNROLL
        for (unsigned i = 0; i < 4; ++i) {
          a[i] = hmul2(two_weights(low, high, i), i % 2 == 0 ? scale_low : scale_high);
        }
        mma_m16n8k16(MmaInput::kF16, sum, a, tokens_of_step, sum);
      }
    }
  }
  for (unsigned i = 0; i < 4; ++i) {
    store_global(y + (2 * (lane % 4) + i % 2) * m + row0 + lane / 4 + i / 2 * 8, to_half(sum[i]));
  }
}
