#include "sim/stats/result.h"

#include <algorithm>
#include <cassert>

namespace fp6sim::sim {
namespace {

std::vector<StackEntry> shares(const WhereTimes& where) {
  std::vector<StackEntry> stack;
  const auto total = static_cast<double>(where.total());
  for (std::size_t i = 0; i < kWhereCount; ++i) {
    stack.push_back({std::string(kWhereNames[i]), static_cast<double>(where.time[i]) / total});
  }
  return stack;
}

}  // namespace

std::string largest_cause(const std::vector<StackEntry>& stack) {
  const StackEntry* largest = nullptr;
  for (const StackEntry& entry : stack) {
    if (entry.name == "launch" || entry.name == "tail") continue;
    if (largest == nullptr || entry.share > largest->share) largest = &entry;
  }
  assert(largest != nullptr);  // a stack has more causes than those two
  return largest->name;
}

void describe_time(const GpuDescription& gpu, const MemoryUse& use, Time duration, const WhereTimes& where,
                   GemmResult& result) {
  const DramCounters& d = use.dram;
  const double seconds = static_cast<double>(duration) / kFemtosecondsPerSecond;
  result.cycles = static_cast<std::uint64_t>(Clock::from_mhz(gpu.sm.clock_mhz).to_cycles(duration) + 0.5);
  result.time_us = seconds * 1e6;
  result.dram_bytes = d.read_bytes + d.write_bytes;
  result.dram_bandwidth_pct =
      100 * static_cast<double>(result.dram_bytes) / seconds / gpu.dram.peak_bytes_per_s();
  result.stack = shares(where);
  result.bound_by = largest_cause(result.stack);
}

void count_memory(const MemoryUse& use, GemmResult& result) {
  const MemoryCounters& m = use.memory;
  const DramCounters& d = use.dram;
  const auto count = [&](const char* name, const char* description, const char* unit, auto value) {
    result.counters.push_back({name, description, unit, static_cast<double>(value)});
  };
  count("dram_read_bytes", "read from DRAM", "B", d.read_bytes);
  count("dram_write_bytes", "written to DRAM (evicted from L2)", "B", d.write_bytes);
  count("dram_row_hits", "DRAM requests that found their row open", "requests", d.row_hits);
  count("dram_row_misses", "DRAM requests that opened a row", "requests", d.row_misses);
  count("dram_refreshes", "refreshes over all channels", "commands", d.refreshes);
  count("l2_read_sectors", "32-byte sectors SMs asked the L2 for", "sectors", m.l2_read_sectors);
  count("l2_hit_sectors", "of those, found in the L2", "sectors", m.l2_hit_sectors);
  count("l2_merged_sectors", "of those, already on their way from DRAM for another SM", "sectors",
        m.l2_merged_sectors);
  count("l2_write_sectors", "sectors SMs wrote to the L2", "sectors", m.l2_write_sectors);
  count("l2_far_sectors", "sectors that crossed to the other L2 partition", "sectors", m.far_sectors);
  count("l2_mshr_stalls", "misses that waited for a free MSHR or way", "transactions", m.mshr_stalls);
  count("crossbar_bytes", "data through the crossbar, both directions", "B", m.crossbar_bytes);
  count("transactions", "memory transactions simulated", "transactions", m.transactions);
}

void count_sms(const GpuDescription& gpu, const SmUse& use, GemmResult& result) {
  const Clock clock = Clock::from_mhz(gpu.sm.clock_mhz);
  const auto count = [&](const char* name, const char* description, Time time) {
    result.counters.push_back({name, description, "cycles", clock.to_cycles(time)});
  };
  count("cta_launch_cycles", "from a free slot to a CTA's first instruction, all CTAs", use.launch);
  count("cta_copy_wait_cycles", "CTAs waited for their stages' copies", use.copy_wait);
  count("cta_compute_cycles", "CTAs computed stages", use.compute);
  count("cta_epilogue_cycles", "CTAs brought results out of registers", use.epilogue);
  count("pipe_issue_cycles", "issue slots reserved, a cycle all of an SM's", use.issue);
  count("pipe_expand_cycles", "integer or half2 pipes reserved, whichever is busier", use.expand);
  count("pipe_shared_cycles", "shared memory banks reserved", use.shared);
  count("pipe_memory_cycles", "load/store unit reserved", use.memory);
  count("pipe_tensor_cycles", "tensor cores reserved", use.tensor);
}

GemmResult make_result(const GpuDescription& gpu, const KernelDescription& kernel,
                       const DesignDescription& design, const GemmPlan& plan, const LaunchOutcome& outcome,
                       const RunOptions& options) {
  const MemoryCounters& m = outcome.use.memory;

  GemmResult result;
  describe_time(gpu, outcome.use, outcome.duration, outcome.where, result);
  result.floor_us =
      options.warm_l2 ? 0 : static_cast<double>(plan.floor_bytes) / gpu.dram.peak_bytes_per_s() * 1e6;
  result.tile =
      std::to_string(plan.tile.m) + "x" + std::to_string(plan.tile.k) + "x" + std::to_string(plan.tile.n);
  result.split_k = plan.split_k;
  result.ctas = static_cast<int>(plan.m_tiles * plan.n_tiles * plan.split_k);
  result.ctas_per_sm = plan.ctas_per_sm;
  result.padding = plan.padding;

  const double tiles = static_cast<double>(plan.k_tiles * plan.m_tiles * plan.n_tiles);
  const double shared_bytes = plan.work.shared * gpu.sm.shared_bytes_per_cycle * tiles;
  const double l2_bytes = kSectorBytes * static_cast<double>(m.l2_read_sectors + m.l2_write_sectors);
  const double fma = static_cast<double>(plan.tile.m) * plan.tile.n * plan.tile.k * tiles;
  const double weights = static_cast<double>(plan.tile.m) * plan.tile.k * tiles;
  result.energy_uj =
      1e-6 * (gpu.energy.dram_pj_per_byte * static_cast<double>(result.dram_bytes) +
              gpu.energy.l2_pj_per_byte * l2_bytes +
              gpu.energy.crossbar_pj_per_byte * static_cast<double>(m.crossbar_bytes) +
              gpu.energy.shared_pj_per_byte * shared_bytes + gpu.energy.instruction_pj * plan.instructions +
              gpu.energy.mma_fma_pj * fma + design.energy_pj_per_weight * weights);
  (void)kernel;

  const auto count = [&](const char* name, const char* description, const char* unit, auto value) {
    result.counters.push_back({name, description, unit, static_cast<double>(value)});
  };
  count("weight_bytes", "weights, scales and zero points, each once", "B", plan.weight_bytes);
  count("floor_bytes", "weights, scales, zero points and activations, each once", "B", plan.floor_bytes);
  count_memory(outcome.use, result);
  count_sms(gpu, outcome.sms, result);
  count("shared_bytes", "shared memory accesses", "B", shared_bytes);
  count("warp_instructions", "issued by the fused kernel", "instructions", plan.instructions);
  count("tensor_fma", "multiply-adds, padding included", "FMA", fma);
  return result;
}

}  // namespace fp6sim::sim
