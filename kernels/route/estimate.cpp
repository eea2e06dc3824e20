// Estimated time of a GEMM by each path.
#include <algorithm>

#include "kernels/dense/dense.h"
#include "kernels/gemm/tile.h"
#include "kernels/route.h"

namespace fp6sim::kernels {
namespace {

/// Nominal rates of one SM.
struct Rates {
  int from_capability;
  double dense_fma;     ///< FP16 with binary32 sums, a cycle, by the instruction cuBLAS takes
  double mma_sync_fma;  ///< by mma.sync, which our kernels take but for wgmma's
  double dram_bytes;    ///< a cycle: the usual board's bandwidth / clock / SMs
};
// Tensor rates: NVIDIA's architecture papers; mma.sync on Hopper reaches 60 % of wgmma (Luo et al., IPDPS
// 2024, table VII), Blackwell is taken to be no slower. Bandwidths: A100-40GB 1555 GB/s, RTX 4090 1008, H100
// SXM 3352, B200 8000, RTX 5090 1792.
constexpr Rates kRates[] = {{120, 512, 512, 4.4},
                            {100, 4096, 1229, 29.0},
                            {90, 2048, 1229, 13.9},
                            {86, 512, 512, 3.1},
                            {80, 1024, 1024, 10.2}};

// Shares of those rates a kernel keeps. Of memory: device-to-device copies measure 3.0 TB/s on an H100 SXM and
// 4.3 on an H200, 0.90 of nominal. cuBLAS: 8192^3 in bfloat16 at 798 TFLOP/s on an H100 SXM, 0.81 of the
// nominal 989 at a clock that falls under such load, so more of a cycle's. Our own two are assumed until a GPU
// has run them; what the choice of a path owes to each share: docs/kernels.md.
constexpr double kDramShare = 0.9;
constexpr double kFusedMmaShare = 0.75;
constexpr double kDenseMmaShare = 0.7;
constexpr double kCublasMmaShare = 0.85;
/// Instructions of dequantising one weight, as compiled (docs/kernels.md), of which half hides behind mma.
constexpr double kDequantizeIssue = 2.0;
constexpr double kHiddenIssue = 0.5;
/// Cycles from the end of one kernel to the next one's first load, about 2 us.
constexpr double kSecondLaunch = 3000;

const Rates& rates_of(const Gpu& gpu) {
  for (const Rates& rates : kRates) {
    if (gpu.compute_capability >= rates.from_capability) return rates;
  }
  return kRates[std::size(kRates) - 1];
}

double up_to(std::int64_t value, std::int64_t multiple) {
  return static_cast<double>((value + multiple - 1) / multiple * multiple);
}

double rounds(double work_items, const Gpu& gpu) {
  const auto items = static_cast<std::int64_t>(work_items);
  return static_cast<double>((items + gpu.sm_count - 1) / gpu.sm_count);
}

double fused_cycles(const Rates& rates, const Gpu& gpu, const Plan& plan, double bytes, double bandwidth) {
  const double weights = static_cast<double>(plan.tile_m) * plan.tile_k;
  const double fma = plan.generation == Generation::kWarpgroup ? rates.dense_fma : rates.mma_sync_fma;
  const double mma = weights * plan.tile_n / (fma * kFusedMmaShare);
  const double issue = weights * kDequantizeIssue / 128.0;  // four schedulers, 32 lanes each
  const double k_tile = mma + (1.0 - kHiddenIssue) * issue;
  const double k_tiles = static_cast<double>(plan.k_tiles) / plan.splits;
  return std::max(bytes / bandwidth, rounds(static_cast<double>(plan.ctas()), gpu) * k_tiles * k_tile);
}

double dense_cycles(const Rates& rates, const Gpu& gpu, const GemmShape& shape, bool cublas) {
  const auto k = static_cast<double>(shape.k);
  if (cublas) {
    const double fma = up_to(shape.m, 64) * up_to(shape.n, 64) * k;
    return fma / (gpu.sm_count * rates.dense_fma * kCublasMmaShare);
  }
  const double tiles =
      up_to(shape.m, kDenseTileM) / kDenseTileM * (up_to(shape.n, kDenseTileN) / kDenseTileN);
  return rounds(tiles, gpu) * kDenseTileM * kDenseTileN * k / (rates.mma_sync_fma * kDenseMmaShare);
}

}  // namespace

double estimate_cycles(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu, const Plan& plan,
                       Path path) {
  const Rates& rates = rates_of(gpu);
  const double bandwidth = kDramShare * (gpu.dram_bytes_per_cycle > 0 ? gpu.dram_bytes_per_cycle
                                                                      : rates.dram_bytes * gpu.sm_count);
  const auto m = static_cast<double>(shape.m), k = static_cast<double>(shape.k);
  PackedLayout layout;
  if (!packed_layout(spec, shape.m, shape.k, layout).ok()) return 0;  // choose_route() has refused it
  const auto packed = static_cast<double>(layout.bytes);
  const double operands = 2.0 * static_cast<double>(shape.n) * (m + k);
  if (path == Path::kFused) return fused_cycles(rates, gpu, plan, packed + operands, bandwidth);
  const double written = 2.0 * m * up_to(shape.k, 8);
  const double multiply =
      std::max((written + operands) / bandwidth, dense_cycles(rates, gpu, shape, path == Path::kCublas));
  return (packed + written) / bandwidth + kSecondLaunch + multiply;
}

}  // namespace fp6sim::kernels
