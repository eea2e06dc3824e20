#include "sim/kernel/gemm_launch.h"

#include <algorithm>

#include "sim/kernel/stage_work.h"

namespace fp6sim::sim {
namespace {

Segment segment(std::uint64_t base, double bytes, double count, double stride) {
  Segment s;
  s.base = base;
  s.bytes = static_cast<std::uint32_t>(bytes);
  s.count = static_cast<std::uint32_t>(count);
  s.stride = static_cast<std::uint64_t>(stride);
  return s;
}

}  // namespace

GemmLaunch::GemmLaunch(const GpuDescription& gpu, const KernelDescription& kernel, const GemmPlan& plan)
    : kernel_(kernel), plan_(plan) {
  epilogue_cycles_ = 2 * gpu.sm.barrier_cycles + gpu.sm.shared_latency_cycles;
  start_us_ = gpu.launch.gemm_start_us + (uses_warpgroups(gpu, kernel, plan.tile) ? 0 : kernel.start_us);
  epilogue_memory_cycles_ = kernel.instructions.epilogue_cycles_per_output * plan.tile.m * plan.tile.n;
}

CtaRange GemmLaunch::range(std::int64_t cta) const {
  CtaRange range;
  range.n0 = cta % plan_.n_tiles * plan_.tile.n;
  cta /= plan_.n_tiles;
  range.m0 = cta % plan_.m_tiles * plan_.tile.m;
  range.split = static_cast<int>(cta / plan_.m_tiles);
  range.first_tile = range.split * plan_.k_tiles / plan_.split_k;
  range.tiles = (range.split + 1) * plan_.k_tiles / plan_.split_k - range.first_tile;
  return range;
}

StageRequest GemmLaunch::copy(std::int64_t cta, std::int64_t stage) const {
  return copy_of(range(cta), stage);
}

StageRequest GemmLaunch::copy_of(const CtaRange& own, std::int64_t stage) const {
  const GemmShape& shape = plan_.padded;
  const std::int64_t k0 = (own.first_tile + stage) * plan_.tile.k;
  const std::int64_t depth = std::min<std::int64_t>(plan_.tile.k, shape.k - k0);
  const std::int64_t rows = std::min<std::int64_t>(plan_.tile.m, shape.m - own.m0);
  const double block_rows = kernel_.weights.block_rows;

  StageRequest request;
  // Weights: one piece a block of rows, `block_rows` x depth weights lying together.
  for (std::size_t i = 0; i < plan_.buffers.weights.size(); ++i) {
    const double bytes = plan_.segments[i] / 8.0;
    const double stride = block_rows * static_cast<double>(shape.k) * bytes;
    const double offset =
        static_cast<double>(own.m0) / block_rows * stride + block_rows * static_cast<double>(k0) * bytes;
    Segment piece = segment(plan_.buffers.weights[i] + static_cast<std::uint64_t>(offset),
                            block_rows * static_cast<double>(depth) * bytes,
                            static_cast<double>(rows) / block_rows, stride);
    piece.rows_from = plan_.buffers.weights[i];
    piece.together = plan_.transactions.together;
    piece.crossbar_factor = static_cast<float>(plan_.crossbar_factor);
    request.add(piece);
  }
  // Scales: a row's own once, with the first stage; a group's as k enters it. Stored [group][row].
  const int group = kernel_.weights.group;
  if (group >= 0) {
    const std::int64_t first = group == 0 ? 0 : (k0 + group - 1) / group;
    const std::int64_t last = group == 0 ? 1 : (k0 + depth + group - 1) / group;
    const std::int64_t begin = stage == 0 && group > 0 ? k0 / group : first;
    const double row_bytes = 2.0 + (kernel_.weights.zero_points ? 0.5 : 0);
    if (stage == 0 || (group > 0 && last > begin)) {
      request.add(segment(
          plan_.buffers.scales +
              static_cast<std::uint64_t>(
                  (static_cast<double>(begin * shape.m) + static_cast<double>(own.m0)) * row_bytes),
          static_cast<double>(rows) * row_bytes, static_cast<double>(std::max<std::int64_t>(1, last - begin)),
          static_cast<double>(shape.m) * row_bytes));
    }
  }
  // Activations: one piece a token of the batch.
  const std::int64_t tokens = std::min<std::int64_t>(plan_.tile.n, shape.n - own.n0);
  Segment batch = segment(plan_.buffers.activations + static_cast<std::uint64_t>(2 * (own.n0 * shape.k + k0)),
                          2.0 * static_cast<double>(depth), static_cast<double>(tokens),
                          2.0 * static_cast<double>(shape.k));
  batch.shared = true;
  request.add(batch);
  return request;
}

StageRequest GemmLaunch::result(std::int64_t cta) const {
  const CtaRange own = range(cta);
  StageRequest request;
  request.write = true;
  if (plan_.split_k == 1) {
    const std::int64_t rows = std::min<std::int64_t>(plan_.tile.m, plan_.shape.m - own.m0);
    const std::int64_t tokens = std::min<std::int64_t>(plan_.tile.n, plan_.shape.n - own.n0);
    request.add(
        segment(plan_.buffers.output + static_cast<std::uint64_t>(2 * (own.n0 * plan_.shape.m + own.m0)),
                2.0 * static_cast<double>(rows), static_cast<double>(tokens),
                2.0 * static_cast<double>(plan_.shape.m)));
    return request;
  }
  // Partials: [split][token][row], whole tiles of rows; tokens the batch lacks are not stored.
  const std::int64_t width = plan_.m_tiles * plan_.tile.m;
  const std::int64_t batch = plan_.shape.n;
  const std::int64_t tokens = std::min<std::int64_t>(plan_.tile.n, batch - own.n0);
  const double bytes = kernel_.partial_bytes;
  request.add(segment(plan_.buffers.workspace +
                          static_cast<std::uint64_t>(
                              static_cast<double>((own.split * batch + own.n0) * width + own.m0) * bytes),
                      plan_.tile.m * bytes, static_cast<double>(tokens), static_cast<double>(width) * bytes));
  return request;
}

ReductionLaunch::ReductionLaunch(const GpuDescription& gpu, const KernelDescription& kernel,
                                 const GemmPlan& plan)
    : kernel_(kernel), plan_(plan) {
  TileOption shape;
  shape.threads = kernel.reduction_threads;
  shape.registers = 40;
  ctas_per_sm_ = occupancy(gpu, shape);
  // Each thread adds its neighbouring elements of the parts loaded together. A load narrower than a thread's
  // share leaves gaps between lanes: every instruction still passes all of the lines the warp's share lies
  // in.
  const double warps = kernel.reduction_threads / 32.0;
  const double elements = static_cast<double>(kernel.reduction_elements) / kernel.reduction_threads;
  const auto lines = [&](double element_bytes) { return std::max(1.0, elements * element_bytes * 32 / 128); };
  const auto accesses = [&](double element_bytes) {
    return std::max(1.0, elements * element_bytes / kernel.reduction_access_bytes) * warps;
  };
  const double adds = kernel.reduction_unroll * elements * warps;
  const double loads = kernel.reduction_unroll * accesses(kernel.partial_bytes);
  const double stores = accesses(2) / static_cast<double>(stages(0));  // once a CTA
  const double load_cycles = std::max(gpu.sm.memory_issue_cycles, lines(kernel.partial_bytes));
  const double store_cycles = std::max(gpu.sm.memory_issue_cycles, lines(2));
  work_.issue = (adds + loads + stores + 8 * warps) / gpu.sm.issue_per_cycle;
  work_.memory = loads * load_cycles + stores * store_cycles;
  work_.alone_issue = (adds + loads + stores) / warps + 8;
  work_.alone = work_.alone_issue + 4 * gpu.sm.alu_latency_cycles;
}

std::int64_t ReductionLaunch::ctas() const {
  return (outputs() + kernel_.reduction_elements - 1) / kernel_.reduction_elements;
}

StageRequest ReductionLaunch::copy(std::int64_t cta, std::int64_t stage) const {
  const std::int64_t first = stage * kernel_.reduction_unroll;
  const std::int64_t parts = std::min<std::int64_t>(kernel_.reduction_unroll, plan_.split_k - first);
  const double bytes = kernel_.partial_bytes;
  const std::int64_t own =
      std::min<std::int64_t>(kernel_.reduction_elements, outputs() - cta * kernel_.reduction_elements);
  StageRequest request;
  request.add(segment(
      plan_.buffers.workspace +
          static_cast<std::uint64_t>(
              static_cast<double>(first * outputs() + cta * kernel_.reduction_elements) * bytes),
      static_cast<double>(own) * bytes, static_cast<double>(parts), static_cast<double>(outputs()) * bytes));
  return request;
}

StageRequest ReductionLaunch::result(std::int64_t cta) const {
  StageRequest request;
  request.write = true;
  // The outputs among the elements it summed: without the padding rows and tokens they are one run.
  const std::int64_t width = plan_.m_tiles * plan_.tile.m;
  const auto outputs_before = [&](std::int64_t element) {
    const std::int64_t token = std::min(element / width, plan_.shape.n);
    const std::int64_t row = token < plan_.shape.n ? std::min(element % width, plan_.shape.m) : 0;
    return token * plan_.shape.m + row;
  };
  const std::int64_t first = outputs_before(cta * kernel_.reduction_elements);
  const std::int64_t last = outputs_before(std::min((cta + 1) * kernel_.reduction_elements, outputs()));
  request.add(segment(plan_.buffers.output + static_cast<std::uint64_t>(2 * first),
                      2.0 * static_cast<double>(last - first), last > first ? 1 : 0, 0));
  return request;
}

}  // namespace fp6sim::sim
