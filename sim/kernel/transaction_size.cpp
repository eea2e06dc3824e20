#include "sim/kernel/transaction_size.h"

#include <algorithm>
#include <numeric>

namespace fp6sim::sim {
namespace {

/// Does opening a row for every short piece leave a channel time enough? Near to its limit it matters which
/// banks the rows meet.
bool rows_open_easily(const DramDescription& dram) {
  constexpr double kMargin = 1.5;
  const double row_ns = std::max({dram.rrd_ns, dram.faw_ns / 4, (dram.ras_ns + dram.rp_ns) / dram.banks});
  return kMinTransactionBytes / dram.channel_bytes_per_s() * 1e9 >= kMargin * row_ns;
}

/// Bits of a weight, all arrays together.
double weight_bits(const GemmPlan& plan) {
  return std::accumulate(plan.segments.begin(), plan.segments.end(), 0);
}

double weight_bytes(const GemmPlan& plan) {
  return static_cast<double>(plan.padded.m) * static_cast<double>(plan.padded.k) * weight_bits(plan) / 8;
}

/// What short pieces of neighbouring rows may be put together to: as little as keeps `stages` of a CTA spread
/// over the channels as evenly as the pieces were. 0: they stay apart.
std::int64_t together(const GpuDescription& gpu, const GemmPlan& plan, int stages) {
  if (!rows_open_easily(gpu.dram)) return 0;
  const double under_way = static_cast<double>(stages) * plan.tile.m * plan.tile.k * weight_bits(plan) / 8;
  std::int64_t bytes = kMaxTransactionBytes;
  while (bytes > 0 && static_cast<double>(bytes * gpu.dram.channels) > under_way) bytes /= 2;
  return bytes;
}

/// Of all arrays, the shortest.
std::int64_t piece_bytes(const WeightLayout& weights, const GemmPlan& plan, std::int64_t depth) {
  return weights.block_rows * depth * *std::min_element(plan.segments.begin(), plan.segments.end()) / 8;
}

TransactionSizes coarse(const GpuDescription& gpu, const WeightLayout& weights, const GemmPlan& plan,
                        int stages) {
  const std::int64_t piece = piece_bytes(weights, plan, plan.tile.k);
  const std::int64_t stride = piece_bytes(weights, plan, plan.padded.k);
  const std::int64_t joined = together(gpu, plan, stages);
  const bool fits = piece < kMaxTransactionBytes && piece >= kSectorBytes && joined >= 2 * piece &&
                    joined % piece == 0 && stride % joined == 0;
  return {kMaxTransactionBytes, fits ? static_cast<std::uint32_t>(joined) : 0};
}

/// Activations travel in 128-byte transactions in any case, since all CTAs ask for them at about the same
/// time. Where they are much of the traffic, coarser weights save little and change the order of many.
bool mostly_weights(const GemmPlan& plan) {
  const double weights = plan.tile.m * weight_bits(plan) / 8;
  return 2.0 * static_cast<double>(std::min<std::int64_t>(plan.tile.n, plan.shape.n)) <= weights / 2;
}

/// Lines written leave the L2 one by one, each opening a row at a moment of its own; of a block of four they
/// would leave together.
bool writes_little(const GemmPlan& plan, double streamed) {
  constexpr double kLittle = 0.125;
  const Buffers& at = plan.buffers;
  const std::uint64_t written = plan.split_k > 1 ? at.span - at.workspace : at.workspace - at.output;
  return static_cast<double>(written) <= kLittle * streamed;
}

}  // namespace

TransactionSizes transactions_of_gemm(const GpuDescription& gpu, const WeightLayout& weights,
                                      const GemmPlan& plan) {
  const TransactionSizes exact{kMinTransactionBytes, 0};
  const double streamed = weight_bytes(plan) * static_cast<double>(plan.n_tiles);
  if (streamed <= kShortRunBytes || !mostly_weights(plan) || !writes_little(plan, streamed)) return exact;
  const TransactionSizes found = coarse(gpu, weights, plan, plan.tile.stages - 1);
  if (piece_bytes(weights, plan, plan.tile.k) >= kMaxTransactionBytes) return found;
  // Functional mode, whose every run is short, cannot join pieces.
  return found.together > 0 && weight_bytes(plan) > kShortRunBytes ? found : exact;
}

TransactionSizes transactions_of_step(const GpuDescription& gpu, const WeightLayout& weights,
                                      const GemmPlan& plan) {
  return coarse(gpu, weights, plan, plan.tile.stages);
}

}  // namespace fp6sim::sim
