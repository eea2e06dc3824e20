#include "sim/replay/replay.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "emu/error.h"
#include "emu/trace/check.h"
#include "sim/replay/trace_stages.h"
#include "sim/stats/result.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {
namespace {

/// Touched addresses of each buffer, moved together: imported traces spread over the whole address space.
class Layout {
 public:
  std::uint64_t place(std::uint64_t base, std::uint64_t first, std::uint64_t end) {
    for (const Range& range : ranges_) {
      if (range.base == base) return range.moved_to - range.first;
    }
    const std::uint64_t start = first / 512 * 512;
    ranges_.push_back({base, start, next_});
    const std::uint64_t moved = next_ - start;
    next_ += (end - start + 511) / 512 * 512;
    return moved;
  }
  std::uint64_t span() const { return std::max<std::uint64_t>(next_, 1); }

 private:
  struct Range {
    std::uint64_t base, first, moved_to;
  };
  std::vector<Range> ranges_;
  std::uint64_t next_ = 0;
};

class TraceLaunch final : public Launch {
 public:
  TraceLaunch(const GpuDescription& gpu, const trace::Reader& trace, std::size_t launch, Layout& layout)
      : info_(trace.launches()[launch]), placements_(trace.placements(launch)) {
    for (std::uint32_t c = 0; c < info_.classes; ++c)
      programs_.push_back(stage_program(gpu, trace.program(launch, c)));
    TileOption resources;
    resources.threads = static_cast<int>((info_.block.count() + 31) / 32 * 32);
    resources.registers = static_cast<int>(info_.registers_per_thread != 0 ? info_.registers_per_thread : 64);
    resources.shared_bytes = static_cast<int>(std::min<std::uint64_t>(info_.shared_bytes, 1u << 30));
    std::string limit;
    ctas_per_sm_ = occupancy(gpu, resources, &limit);
    if (ctas_per_sm_ == 0) throw Error(gpu.name + " cannot hold a CTA of " + info_.kernel + ": " + limit);
    for (const StagedProgram& program : programs_) in_flight_ = std::max(in_flight_, program.in_flight);
    move_buffers(layout);
  }

  std::string name() const override { return info_.kernel; }
  std::int64_t ctas() const override { return static_cast<std::int64_t>(placements_.size()); }
  int ctas_per_sm() const override { return ctas_per_sm_; }
  int stages_in_flight() const override { return in_flight_; }
  std::int64_t stages(std::int64_t cta) const override {
    return static_cast<std::int64_t>(program(cta).stages.size());
  }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override {
    return request(cta, program(cta).stages[static_cast<std::size_t>(stage)].reads, false);
  }
  /// A request holds eight pieces; further ones follow the eighth at its stride, so that their bytes still
  /// count.
  StageRequest result(std::int64_t cta) const override { return request(cta, program(cta).writes, true); }
  const StageWork& work() const override { return no_work_; }
  const StageWork& work_of(std::int64_t cta, std::int64_t stage) const override {
    return program(cta).stages[static_cast<std::size_t>(stage)].work;
  }
  double epilogue_cycles() const override { return 0; }
  double unit_latency_cycles() const override { return 0; }
  bool expand_on_arrival() const override { return false; }

  const StagedProgram& program(std::int64_t cta) const {
    return programs_[placements_[static_cast<std::size_t>(cta)].class_id];
  }

 private:
  void move_buffers(Layout& layout) {
    const std::size_t buffers = info_.buffers.size();
    constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
    std::vector<std::uint64_t> first(buffers, kNone), end(buffers, 0);
    moved_.assign(buffers, 0);
    for (std::int64_t cta = 0; cta < ctas(); ++cta) {
      const auto touch = [&](const std::vector<TracePiece>& pieces) {
        for (const TracePiece& piece : pieces) {
          const std::uint64_t at = traced_address(cta, piece);
          first[piece.buffer] = std::min(first[piece.buffer], at);
          end[piece.buffer] =
              std::max(end[piece.buffer], at + piece.stride * (piece.count - 1) + piece.bytes);
        }
      };
      for (const TraceStage& stage : program(cta).stages) touch(stage.reads);
      touch(program(cta).writes);
    }
    for (std::size_t b = 0; b < buffers; ++b) {
      if (first[b] != kNone) moved_[b] = layout.place(info_.buffers[b].base_address, first[b], end[b]);
    }
  }

  std::uint64_t traced_address(std::int64_t cta, const TracePiece& piece) const {
    const auto& offsets = placements_[static_cast<std::size_t>(cta)].offsets;
    return info_.buffers[piece.buffer].base_address +
           static_cast<std::uint64_t>(offsets[piece.buffer] + piece.first_byte);
  }

  StageRequest request(std::int64_t cta, const std::vector<TracePiece>& pieces, bool write) const {
    StageRequest made;
    made.write = write;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const TracePiece& piece = pieces[i];
      if (i >= StageRequest::kMaxSegments) {
        Segment& last = made.segments[StageRequest::kMaxSegments - 1];
        last.stride = std::max<std::uint64_t>(last.stride, last.bytes);
        last.count += (piece.bytes * piece.count + last.bytes - 1) / last.bytes;
        continue;
      }
      Segment segment;
      segment.base = traced_address(cta, piece) + moved_[piece.buffer];
      segment.stride = piece.stride;
      segment.bytes = piece.bytes;
      segment.count = piece.count;
      made.add(segment);
    }
    return made;
  }

  const trace::LaunchInfo& info_;
  const std::vector<trace::Placement>& placements_;
  std::vector<StagedProgram> programs_;
  std::vector<std::uint64_t> moved_;
  int ctas_per_sm_ = 0, in_flight_ = 1;
  StageWork no_work_;
};

GemmResult result_of(const GpuDescription& gpu, const MemorySystem& memory, const RunOutcome& outcome,
                     const std::vector<std::unique_ptr<TraceLaunch>>& launches) {
  GemmResult result;
  describe_time(gpu, memory, outcome, result);
  double instructions = 0, multiply_adds = 0, shared_bytes = 0;
  for (const auto& launch : launches) {
    result.ctas += static_cast<int>(launch->ctas());
    for (std::int64_t cta = 0; cta < launch->ctas(); ++cta) {
      const StagedProgram& program = launch->program(cta);
      instructions += program.instructions;
      multiply_adds += program.multiply_adds;
      shared_bytes += program.shared_bytes;
    }
  }
  result.ctas_per_sm = launches.front()->ctas_per_sm();
  const MemoryCounters& m = memory.counters();
  const double l2_bytes = kSectorBytes * static_cast<double>(m.l2_read_sectors + m.l2_write_sectors);
  result.energy_uj =
      1e-6 * (gpu.energy.dram_pj_per_byte * static_cast<double>(result.dram_bytes) +
              gpu.energy.l2_pj_per_byte * l2_bytes +
              gpu.energy.crossbar_pj_per_byte * static_cast<double>(m.crossbar_bytes) +
              gpu.energy.shared_pj_per_byte * shared_bytes + gpu.energy.instruction_pj * instructions +
              gpu.energy.mma_fma_pj * multiply_adds);
  count_memory(memory, result);
  result.counters.push_back({"shared_bytes", "shared memory passes, 128 bytes each", "B", shared_bytes});
  result.counters.push_back({"warp_instructions", "traced", "instructions", instructions});
  result.counters.push_back({"tensor_fma", "multiply-adds of traced mma instructions", "FMA", multiply_adds});
  return result;
}

}  // namespace

GemmResult replay(const GpuDescription& gpu, const trace::Reader& trace, const ReplayOptions& options) {
  if (trace.launches().empty()) throw Error("the trace holds no launch");
  Layout layout;
  std::vector<std::unique_ptr<TraceLaunch>> launches;
  std::vector<const Launch*> in_order;
  for (std::size_t l = 0; l < trace.launches().size(); ++l) {
    trace::check_launch(trace, l);
    launches.push_back(std::make_unique<TraceLaunch>(gpu, trace, l, layout));
    in_order.push_back(launches.back().get());
  }
  MemorySystem memory(gpu, options.exact ? 128 : kMaxTransactionBytes, layout.span());
  std::unique_ptr<Timeline> timeline;
  if (!options.timeline_path.empty()) timeline = std::make_unique<Timeline>();
  const RunOutcome outcome = run_launches(gpu, memory, in_order, timeline.get());
  if (timeline != nullptr) timeline->write(options.timeline_path);
  return result_of(gpu, memory, outcome, launches);
}

}  // namespace fp6sim::sim
