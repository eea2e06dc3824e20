// The chooser: plain arithmetic on the shape and the GPU.
#include <algorithm>

#include "kernels/gemm.h"
#include "kernels/gemm/tile.h"

namespace fp6sim::kernels {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

std::string text(const GemmShape& shape) {
  return "m = " + std::to_string(shape.m) + ", k = " + std::to_string(shape.k) +
         ", n = " + std::to_string(shape.n);
}

/// CTAs of the plan that an SM holds at once, by shared memory (1 KB a CTA is the system's) and by threads.
std::int64_t ctas_per_sm(const Plan& plan, const Gpu& gpu) {
  const auto by_memory = static_cast<std::int64_t>(gpu.shared_bytes_per_sm / (plan.shared_bytes + 1024));
  const std::int64_t by_registers = plan.tile_n <= 8 ? 4 : plan.tile_n <= 16 ? 3 : plan.tile_n <= 32 ? 2 : 1;
  return std::max<std::int64_t>(1, std::min(by_memory, by_registers));
}

/// Time of a launch in k tiles. Memory-bound CTAs that share an SM also share its bandwidth, so what counts
/// is how evenly all SMs are loaded: the fullest SM's k tiles, plus what filling the pipeline and, with a
/// split K, writing and reading partial sums cost each CTA.
double cost(const Plan& plan, const Gpu& gpu, std::int64_t splits) {
  const std::int64_t ctas = plan.m_tiles * plan.n_tiles * splits;
  const std::int64_t per_sm = ceil_divide(ctas, gpu.sm_count);
  const double tiles_per_cta = static_cast<double>(plan.k_tiles) / static_cast<double>(splits);
  const double resident = static_cast<double>(std::min(per_sm, ctas_per_sm(plan, gpu)));
  // One stage in flight fewer than kStages per resident CTA: below about 36 KB an SM cannot cover memory's
  // latency.
  const double in_flight = resident * (kStages - 1) * static_cast<double>(plan.stage_weight_bytes);
  const double latency_bound = std::max(1.0, 36.0 * 1024.0 / in_flight);
  const double partial_bytes = splits == 1 ? 0.0 : 2.0 * 4.0 * plan.tile_m * plan.tile_n;
  // Beyond 64 tokens mma, not the weights' bytes, sets the time of a k tile, and more partial sums travel in
  // it.
  const double bytes_a_tile =
      static_cast<double>(plan.stage_weight_bytes) * std::max(1.0, plan.tile_n / 64.0);
  const double overhead = kStages + partial_bytes / bytes_a_tile;
  return static_cast<double>(per_sm) * (tiles_per_cta * latency_bound + overhead);
}

Status bad(StatusCode code, std::string message) {
  return {code, std::move(message)};
}

}  // namespace

Status choose_plan(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu, Plan& plan, int splits) {
  for (const std::int64_t extent : {shape.m, shape.k, shape.n}) {
    if (extent < 1 || extent > kLargestExtent) {
      return bad(StatusCode::kBadShape, text(shape) + ": each must be 1.." + std::to_string(kLargestExtent));
    }
  }
  if (spec.group != 0 && shape.k % spec.group != 0) {
    return bad(StatusCode::kBadShape,
               text(shape) + ": k must be a multiple of the group, " + std::to_string(spec.group));
  }
  const auto specs = kernel_specs();
  if (std::find(specs.begin(), specs.end(), spec) == specs.end()) {
    return bad(StatusCode::kUnsupported, "kernel " + kernel_name(spec) + " with split " +
                                             std::string(emu::name(spec.split)) + " is not compiled");
  }
  if (gpu.compute_capability < 80) {
    return bad(StatusCode::kUnsupported, "compute capability " + std::to_string(gpu.compute_capability / 10) +
                                             "." + std::to_string(gpu.compute_capability % 10) +
                                             "; 8.0 or later is needed");
  }
  if (gpu.sm_count < 1)
    return bad(StatusCode::kBadValue, "sm_count = " + std::to_string(gpu.sm_count) + "; at least 1");
  plan = {};
  // What comes after 10.x can run none of the machine code; PTX there is of the cp.async kernels.
  const int capability = gpu.compute_capability < 110 ? gpu.compute_capability : 89;
  plan.generation = generation_for(capability, shape.n);
  plan.tile_m = kTileM;
  plan.tile_k = kTileK;
  plan.stages = kStages;
  const auto needs = [&](int tile_n) { return shared_bytes(spec, tile_n, plan.generation); };
  if (needs(narrowest_batch_tile(plan.generation)) > gpu.shared_bytes_per_block) {
    plan.generation = generation_for(capability, 1);
  }
  for (const int tile_n : kBatchTiles) {
    if (tile_n < narrowest_batch_tile(plan.generation)) continue;
    if (needs(tile_n) > gpu.shared_bytes_per_block || tile_n > widest_batch_tile(plan.generation)) break;
    plan.tile_n = tile_n;
    if (tile_n >= shape.n) break;
  }
  if (plan.tile_n == 0) {
    return bad(StatusCode::kUnsupported, "a CTA needs " + std::to_string(needs(kBatchTiles[0])) +
                                             " bytes of shared memory, the GPU has " +
                                             std::to_string(gpu.shared_bytes_per_block));
  }
  const StageLayout stage = stage_layout(spec, plan.tile_n, plan.generation);
  plan.threads = cta_threads(plan.generation, plan.tile_n);
  plan.shared_bytes = needs(plan.tile_n);
  plan.stage_bytes = stage.bytes;
  plan.stage_weight_bytes = stage.weight_bytes;
  plan.m_tiles = ceil_divide(shape.m, kTileM);
  plan.n_tiles = ceil_divide(shape.n, plan.tile_n);
  plan.k_tiles = ceil_divide(shape.k, kTileK);
  if (plan.m_tiles * plan.n_tiles > 0x7FFFFFFF) {
    return bad(StatusCode::kBadShape, text(shape) + ": more than 2^31 - 1 tiles");
  }
  constexpr int kMostSplits = 64;
  if (splits < 0 || splits > kMostSplits) {
    return bad(StatusCode::kBadValue,
               "splits = " + std::to_string(splits) + "; 0 (chosen) or 1.." + std::to_string(kMostSplits));
  }
  const int most = static_cast<int>(std::min<std::int64_t>(kMostSplits, plan.k_tiles));
  plan.splits = std::clamp(splits, 1, most);
  if (splits == 0) {
    for (int candidate = 2; candidate <= most; ++candidate) {
      if (cost(plan, gpu, candidate) < cost(plan, gpu, plan.splits)) plan.splits = candidate;
    }
  }
  return {};
}

std::size_t counter_bytes(const Plan& plan) {
  if (plan.splits <= 1) return 0;
  return emu::round_up(4 * static_cast<std::size_t>(plan.m_tiles * plan.n_tiles), 128);
}

std::size_t workspace_bytes(const Plan& plan) {
  if (plan.splits <= 1) return 0;
  return counter_bytes(plan) + 4 * static_cast<std::size_t>(plan.ctas()) *
                                   static_cast<std::size_t>(plan.tile_m) *
                                   static_cast<std::size_t>(plan.tile_n);
}

}  // namespace fp6sim::kernels
