#include "sim/kernel/launch_plan.h"

#include <algorithm>

#include "emu/error.h"
#include "sim/kernel/choose_tile.h"
#include "sim/kernel/stage_work.h"
#include "sim/kernel/transaction_size.h"

namespace fp6sim::sim {
namespace {

constexpr std::int64_t kLargestSide = std::int64_t{1} << 20;
constexpr std::int64_t kLargestWeights = std::int64_t{1} << 34;
constexpr std::uint64_t kAllocation =
    1 << 20;  // buffers start a megabyte apart, as allocators place large blocks

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

void check_side(const char* name, std::int64_t value) {
  if (value < 1 || value > kLargestSide) {
    throw Error(std::string("GEMM ") + name + " is " + std::to_string(value) + ": expected 1 to " +
                std::to_string(kLargestSide));
  }
}

void check_shape(const GemmShape& shape) {
  check_side("m (out features)", shape.m);
  check_side("k (in features)", shape.k);
  check_side("n (batch)", shape.n);
  if (shape.m * shape.k > kLargestWeights) {
    throw Error("GEMM of " + std::to_string(shape.m) + " x " + std::to_string(shape.k) +
                " weights: at most 2^34");
  }
}

std::uint64_t allocate(std::uint64_t& top, double bytes) {
  const std::uint64_t at = top;
  top += (static_cast<std::uint64_t>(bytes) / kAllocation + 1) * kAllocation;
  return at;
}

std::uint64_t scale_bytes(const WeightLayout& weights, const GemmShape& shape) {
  if (weights.group < 0) return 0;
  const std::int64_t groups = weights.group == 0 ? 1 : ceil_div(shape.k, weights.group);
  const std::int64_t zero_bits = weights.zero_points ? 4 : 0;
  return static_cast<std::uint64_t>(shape.m * groups * (16 + zero_bits) / 8);
}

/// Which of our kernels' loops runs there.
std::string kernel_generation(const GpuDescription& gpu, const KernelDescription& kernel,
                              const TileOption& tile) {
  if (gpu.architecture != "hopper" && gpu.architecture != "blackwell") return "ampere";
  return uses_warpgroups(gpu, kernel, tile) ? "warpgroup" : "hopper";
}

}  // namespace

int occupancy(const GpuDescription& gpu, const TileOption& tile, std::string* limit) {
  const auto& sm = gpu.sm;
  const int registers_per_warp = (tile.registers * 32 + 255) / 256 * 256;
  const int by_registers = sm.registers / (registers_per_warp * tile.threads / 32);
  const int by_threads = sm.max_threads / tile.threads;
  const int by_shared = sm.shared_memory_bytes / std::max(1, tile.shared_bytes + sm.shared_reserved_bytes);
  const int ctas = std::min({by_registers, by_threads, by_shared, sm.max_ctas});
  if (limit != nullptr) {
    if (ctas == by_shared) {
      *limit = "shared memory: a CTA needs " + std::to_string(tile.shared_bytes) +
               " bytes and the system's " + std::to_string(sm.shared_reserved_bytes) + " of " +
               std::to_string(sm.shared_memory_bytes);
    } else if (ctas == by_registers) {
      *limit = "registers: a CTA needs " + std::to_string(registers_per_warp * tile.threads / 32) + " of " +
               std::to_string(sm.registers);
    } else {
      *limit = ctas == by_threads ? "threads: a CTA needs " + std::to_string(tile.threads) + " of " +
                                        std::to_string(sm.max_threads)
                                  : "CTA slots: there are " + std::to_string(sm.max_ctas);
    }
  }
  return ctas;
}

GemmPlan plan_gemm(const GpuDescription& gpu, const KernelDescription& kernel,
                   const DesignDescription& design, const GemmShape& shape, const RunOptions& options) {
  check_shape(shape);
  GemmPlan plan;
  plan.shape = plan.padded = shape;
  const bool on_lanes = design.placement == Placement::kSimt;
  KernelDescription as_run = arranged(kernel, options.split, gpu.architecture, on_lanes);
  plan.segments = as_run.weights.segments;
  const TileChoice choice = choose_tile(gpu, as_run, design, shape);
  plan.tile = choice.tile;
  as_run.instructions.loop =
      as_run.counted.loop(kernel_generation(gpu, as_run, plan.tile), plan.tile.m, plan.tile.k, plan.tile.n);
  plan.split_k = choice.split_k;
  plan.ctas_per_sm = occupancy(gpu, plan.tile);

  // 1. Padding: rows to whole blocks, k to whole instruction steps. The batch is predicated, not padded, in
  // memory.
  const std::int64_t rows = as_run.weights.block_rows;
  plan.padded.m = ceil_div(shape.m, rows) * rows;
  plan.padded.k = ceil_div(shape.k, 16) * 16;
  if (plan.padded.m != shape.m || plan.padded.k != shape.k) {
    plan.padding = "computed as " + std::to_string(plan.padded.m) + " x " + std::to_string(plan.padded.k) +
                   " weights with zeros";
  }
  plan.k_tiles = ceil_div(plan.padded.k, plan.tile.k);
  plan.m_tiles = ceil_div(plan.padded.m, plan.tile.m);
  plan.n_tiles = ceil_div(shape.n, plan.tile.n);

  // 2. Memory.
  const double weights = static_cast<double>(plan.padded.m) * static_cast<double>(plan.padded.k);
  Buffers& buffers = plan.buffers;
  std::uint64_t top = 0;
  for (const int bits : as_run.weights.segments) buffers.weights.push_back(allocate(top, weights * bits / 8));
  const std::uint64_t scales = scale_bytes(as_run.weights, plan.padded);
  buffers.scales = allocate(top, static_cast<double>(scales));
  const double activation_bytes = 2.0 * static_cast<double>(shape.n) * static_cast<double>(plan.padded.k);
  buffers.activations = allocate(top, activation_bytes);
  const double output_bytes = 2.0 * static_cast<double>(shape.n) * static_cast<double>(shape.m);
  buffers.output = allocate(top, output_bytes);
  const std::int64_t tokens = kernel.reduction_in_kernel ? plan.n_tiles * plan.tile.n : shape.n;
  const double partials = static_cast<double>(plan.split_k) * static_cast<double>(tokens) *
                          static_cast<double>(plan.m_tiles * plan.tile.m) * kernel.partial_bytes;
  buffers.workspace = allocate(top, plan.split_k > 1 ? partials : 0);
  buffers.span = top;
  plan.weight_bytes = static_cast<std::uint64_t>(weights * as_run.weights.bits / 8) + scales;
  if (!options.exact) plan.transactions = transactions_of_gemm(gpu, as_run.weights, plan);
  plan.floor_bytes =
      static_cast<std::uint64_t>(static_cast<double>(shape.m) * static_cast<double>(shape.k) *
                                 as_run.weights.bits / 8) +
      scale_bytes(as_run.weights, shape) +
      static_cast<std::uint64_t>(2.0 * static_cast<double>(shape.n) * static_cast<double>(shape.k));

  // 3. Work.
  const bool below_crossbar = design.placement == Placement::kL2 || design.placement == Placement::kMemctrl;
  plan.crossbar_factor = below_crossbar ? 16 / as_run.weights.bits : 1;
  plan.l2_factor = design.placement == Placement::kMemctrl ? 16 / as_run.weights.bits : 1;
  const bool wide = below_crossbar || design.placement == Placement::kCopy;
  const double batch_rows = static_cast<double>(std::min<std::int64_t>(plan.tile.n, shape.n));
  const double stage_bytes =
      static_cast<double>(plan.tile.m) * plan.tile.k * (wide ? 16 : as_run.weights.bits) / 8 +
      2.0 * plan.tile.k * batch_rows;
  double instructions = 0;
  plan.work = stage_work(gpu, as_run, design, plan.tile, stage_bytes, instructions);
  plan.unit = use_unit(design, options.rtl_unit, {plan.tile.m, plan.tile.k, as_run.weights.group},
                       gpu.sm.shared_bytes_per_cycle, gpu.l2.slice_bytes_per_cycle);
  plan.instructions = instructions * static_cast<double>(plan.k_tiles * plan.m_tiles * plan.n_tiles);
  return plan;
}

}  // namespace fp6sim::sim
