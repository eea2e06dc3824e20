#include "sim/replay/replay.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "emu/error.h"
#include "emu/trace/check.h"
#include "sim/replay/trace_launch.h"
#include "sim/stats/result.h"
#include "sim/stats/sum.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {
namespace {

GemmResult result_of(const GpuDescription& gpu, const DesignDescription& design, const LaunchOutcome& outcome,
                     const TraceLaunch& launch) {
  GemmResult result;
  describe_time(gpu, outcome.use, outcome.duration, outcome.where, result);
  double instructions = 0, multiply_adds = 0, shared_bytes = 0, expanded_by_units = 0;
  TraceSectors read, written;
  std::uint64_t parameters = 0;
  for (std::int64_t cta = 0; cta < launch.ctas(); ++cta) {
    const StagedProgram& program = launch.program(cta);
    instructions += program.instructions;
    multiply_adds += program.multiply_adds;
    shared_bytes += program.shared_bytes;
    read.traced += program.read.traced;
    read.requested += program.read.requested;
    written.traced += program.written.traced;
    written.requested += program.written.requested;
    parameters += !program.stages.empty() && program.stages.front().pieces.empty() ? 1 : 0;
    if (launch.unit() != nullptr) expanded_by_units += launch.weights(cta);
  }
  result.ctas = static_cast<int>(launch.ctas());
  result.ctas_per_sm = launch.ctas_per_sm();
  const MemoryCounters& m = outcome.use.memory;
  const double l2_bytes = kSectorBytes * static_cast<double>(m.l2_read_sectors + m.l2_write_sectors);
  result.energy_uj =
      1e-6 * (gpu.energy.dram_pj_per_byte * static_cast<double>(result.dram_bytes) +
              gpu.energy.l2_pj_per_byte * l2_bytes +
              gpu.energy.crossbar_pj_per_byte * static_cast<double>(m.crossbar_bytes) +
              gpu.energy.shared_pj_per_byte * shared_bytes + gpu.energy.instruction_pj * instructions +
              gpu.energy.mma_fma_pj * multiply_adds + design.energy_pj_per_weight * expanded_by_units);
  count_memory(outcome.use, result);
  count_sms(gpu, outcome.sms, result);
  const auto count = [&](const char* name, const char* description, const char* unit, auto value) {
    result.counters.push_back({name, description, unit, static_cast<double>(value)});
  };
  count("traced_read_sectors", "32-byte sectors traced instructions read", "sectors", read.traced);
  count("repeated_read_sectors", "of those, already asked for in the CTA's stage", "sectors",
        read.traced - read.requested);
  count("traced_write_sectors", "32-byte sectors traced instructions write", "sectors", written.traced);
  count("repeated_write_sectors", "of those, written by the CTA before", "sectors",
        written.traced - written.requested);
  count("parameter_sectors", "sectors read by CTAs the trace has no global access of", "sectors", parameters);
  count("shared_bytes", "shared memory passes, 128 bytes each", "B", shared_bytes);
  count("warp_instructions", "traced", "instructions", instructions);
  count("tensor_fma", "multiply-adds of traced mma instructions", "FMA", multiply_adds);
  return result;
}

}  // namespace

ReplayResult replay(const GpuDescription& gpu, const DesignDescription& design, const trace::Reader& trace,
                    const ReplayOptions& options) {
  if (trace.launches().empty()) throw Error("the trace holds no launch");
  Layout layout;
  std::vector<std::unique_ptr<TraceLaunch>> launches;
  std::vector<const Launch*> in_order;
  GpuDescription as_run = gpu;
  for (std::size_t l = 0; l < trace.launches().size(); ++l) {
    trace::check_launch(trace, l);
    launches.push_back(std::make_unique<TraceLaunch>(gpu, design, trace, l, options.rtl_unit));
    in_order.push_back(launches.back().get());
    launches.back()->touch(layout);
    as_run.l2.size_bytes = std::min(as_run.l2.size_bytes, gpu.l2.size_bytes / launches.back()->l2_factor());
  }
  layout.place();
  MemorySystem memory(as_run, options.exact ? 128 : kMaxTransactionBytes, layout.span());
  memory.touch(kParameters);
  for (const auto& launch : launches) {
    launch->move(layout);
    launch->share_written(memory);
  }
  std::unique_ptr<Timeline> timeline;
  if (!options.timeline_path.empty()) timeline = std::make_unique<Timeline>(options.timeline_sms);
  const RunOutcome outcome = run_launches(as_run, memory, in_order, timeline.get());
  if (timeline != nullptr) timeline->write(options.timeline_path);
  ReplayResult result;
  for (std::size_t l = 0; l < launches.size(); ++l) {
    result.launches.push_back(result_of(gpu, design, outcome.launches[l], *launches[l]));
    add_times(result, result.launches.back(), 1);
  }
  result.ctas = 0;
  for (const GemmResult& launch : result.launches) result.ctas += launch.ctas;
  return result;
}

}  // namespace fp6sim::sim
