#include "sim/replay/replay.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emu/error.h"
#include "emu/trace/check.h"
#include "sim/replay/trace_stages.h"
#include "sim/stats/result.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {
namespace {

/// Touched addresses of each buffer over all launches, moved together: imported traces spread over the whole
/// address space.
class Layout {
 public:
  void touch(std::uint64_t base, std::uint64_t first, std::uint64_t end) {
    auto [at, is_new] = ranges_.try_emplace(base, Range{first, end, 0});
    at->second.first = std::min(at->second.first, first);
    at->second.end = std::max(at->second.end, end);
  }
  /// After the last touch().
  void place() {
    for (auto& [base, range] : ranges_) {
      const std::uint64_t start = range.first / 512 * 512;
      range.moved = span_ - start;
      span_ += (range.end - start + 511) / 512 * 512;
    }
  }
  /// What is added, modulo 2^64, to an address in the buffer at `base`; 0 for a buffer nobody touched.
  std::uint64_t moved(std::uint64_t base) const {
    const auto at = ranges_.find(base);
    return at == ranges_.end() ? 0 : at->second.moved;
  }
  std::uint64_t span() const { return span_; }

 private:
  struct Range {
    std::uint64_t first, end, moved;
  };
  std::map<std::uint64_t, Range> ranges_;
  std::uint64_t span_ = 512;  // the first unit is kParameters
};

/// The simulator's stages begin with a request. A CTA without any global access asks for its launch
/// parameters, one sector in the L2.
constexpr Segment kParameters{0, 0, kSectorBytes, 1, 1};

class TraceLaunch final : public Launch {
 public:
  TraceLaunch(const GpuDescription& gpu, const trace::Reader& trace, std::size_t launch)
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
  }

  std::string name() const override { return info_.kernel; }
  std::int64_t ctas() const override { return static_cast<std::int64_t>(placements_.size()); }
  int ctas_per_sm() const override { return ctas_per_sm_; }
  int stages_in_flight() const override { return in_flight_; }
  std::int64_t stages(std::int64_t cta) const override {
    return static_cast<std::int64_t>(program(cta).stages.size());
  }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override {
    const TraceStage& asked = program(cta).stages[static_cast<std::size_t>(stage)];
    StageRequest made = request(cta, asked.pieces, asked.write);
    if (asked.pieces.empty()) made.add(kParameters);
    return made;
  }
  StageRequest result(std::int64_t cta) const override { return request(cta, program(cta).writes, true); }
  const StageWork& work() const override { return no_work_; }
  const StageWork& work_of(std::int64_t cta, std::int64_t stage) const override {
    return program(cta).stages[static_cast<std::size_t>(stage)].work;
  }
  double epilogue_cycles() const override { return 0; }

  const StagedProgram& program(std::int64_t cta) const {
    return programs_[placements_[static_cast<std::size_t>(cta)].class_id];
  }

  /// Every global access: visit(cta, piece, write).
  template <class Visit>
  void for_each_piece(Visit visit) const {
    for (std::int64_t cta = 0; cta < ctas(); ++cta) {
      for (const TraceStage& stage : program(cta).stages) {
        for (const TracePiece& piece : stage.pieces) visit(cta, piece, stage.write);
      }
      for (const TracePiece& piece : program(cta).writes) visit(cta, piece, true);
    }
  }

  void touch(Layout& layout) const {
    for_each_piece([&](std::int64_t cta, const TracePiece& piece, bool) {
      const std::uint64_t at = traced_address(cta, piece);
      layout.touch(info_.buffers[piece.buffer].base_address, at,
                   at + piece.stride * (piece.count - 1) + piece.bytes);
    });
  }
  void move(const Layout& layout) {
    for (const trace::BufferInfo& buffer : info_.buffers) moved_.push_back(layout.moved(buffer.base_address));
  }

  /// What a CTA reads of another's writes (partial sums) it reads after waiting for them, and so from the L2.
  /// The replay does not follow that wait: it has the data there from the start.
  void share_written(MemorySystem& memory) const {
    struct Written {
      std::uint64_t first, end;
      std::int64_t cta;
    };
    std::vector<bool> is_read(info_.buffers.size()), is_written(info_.buffers.size());
    for_each_piece([&](std::int64_t, const TracePiece& piece, bool write) {
      (write ? is_written : is_read)[piece.buffer] = true;
    });
    const auto for_each_run = [&](bool writes, auto visit) {
      for_each_piece([&](std::int64_t cta, const TracePiece& piece, bool write) {
        if (write != writes || !is_read[piece.buffer] || !is_written[piece.buffer]) return;
        std::uint64_t first = traced_address(cta, piece) + moved_[piece.buffer];
        for (std::uint32_t i = 0; i < piece.count; ++i, first += piece.stride)
          visit(cta, first, first + piece.bytes);
      });
    };
    std::vector<Written> written;
    std::uint64_t longest = 0;
    for_each_run(true, [&](std::int64_t cta, std::uint64_t first, std::uint64_t end) {
      written.push_back({first, end, cta});
      longest = std::max(longest, end - first);
    });
    std::sort(written.begin(), written.end(), [](const Written& a, const Written& b) {
      return std::pair(a.first, a.cta) < std::pair(b.first, b.cta);
    });
    for_each_run(false, [&](std::int64_t cta, std::uint64_t first, std::uint64_t end) {
      auto at = std::lower_bound(written.begin(), written.end(), first - std::min(first, longest),
                                 [](const Written& w, std::uint64_t address) { return w.first < address; });
      for (; at != written.end() && at->first < end; ++at) {
        if (at->end <= first || at->cta == cta) continue;
        const std::uint64_t from = std::max(first, at->first), to = std::min(end, at->end);
        memory.touch({from, 0, static_cast<std::uint32_t>(to - from), 1, 1});
      }
    });
  }

 private:
  std::uint64_t traced_address(std::int64_t cta, const TracePiece& piece) const {
    const auto& offsets = placements_[static_cast<std::size_t>(cta)].offsets;
    return info_.buffers[piece.buffer].base_address +
           static_cast<std::uint64_t>(offsets[piece.buffer] + piece.first_byte);
  }

  StageRequest request(std::int64_t cta, const std::vector<TracePiece>& pieces, bool write) const {
    StageRequest made;
    made.write = write;
    for (const TracePiece& piece : pieces) {
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
  const MemoryUse use = use_of(memory);
  describe_time(gpu, use, outcome.end, outcome.where, result);
  double instructions = 0, multiply_adds = 0, shared_bytes = 0;
  TraceSectors read, written;
  std::uint64_t parameters = 0;
  for (const auto& launch : launches) {
    result.ctas += static_cast<int>(launch->ctas());
    for (std::int64_t cta = 0; cta < launch->ctas(); ++cta) {
      const StagedProgram& program = launch->program(cta);
      instructions += program.instructions;
      multiply_adds += program.multiply_adds;
      shared_bytes += program.shared_bytes;
      read.traced += program.read.traced;
      read.requested += program.read.requested;
      written.traced += program.written.traced;
      written.requested += program.written.requested;
      parameters += !program.stages.empty() && program.stages.front().pieces.empty() ? 1 : 0;
    }
  }
  result.ctas_per_sm = launches.front()->ctas_per_sm();
  const MemoryCounters& m = use.memory;
  const double l2_bytes = kSectorBytes * static_cast<double>(m.l2_read_sectors + m.l2_write_sectors);
  result.energy_uj =
      1e-6 * (gpu.energy.dram_pj_per_byte * static_cast<double>(result.dram_bytes) +
              gpu.energy.l2_pj_per_byte * l2_bytes +
              gpu.energy.crossbar_pj_per_byte * static_cast<double>(m.crossbar_bytes) +
              gpu.energy.shared_pj_per_byte * shared_bytes + gpu.energy.instruction_pj * instructions +
              gpu.energy.mma_fma_pj * multiply_adds);
  count_memory(use, result);
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

GemmResult replay(const GpuDescription& gpu, const trace::Reader& trace, const ReplayOptions& options) {
  if (trace.launches().empty()) throw Error("the trace holds no launch");
  Layout layout;
  std::vector<std::unique_ptr<TraceLaunch>> launches;
  std::vector<const Launch*> in_order;
  for (std::size_t l = 0; l < trace.launches().size(); ++l) {
    trace::check_launch(trace, l);
    launches.push_back(std::make_unique<TraceLaunch>(gpu, trace, l));
    in_order.push_back(launches.back().get());
    launches.back()->touch(layout);
  }
  layout.place();
  MemorySystem memory(gpu, options.exact ? 128 : kMaxTransactionBytes, layout.span());
  memory.touch(kParameters);
  for (const auto& launch : launches) {
    launch->move(layout);
    launch->share_written(memory);
  }
  std::unique_ptr<Timeline> timeline;
  if (!options.timeline_path.empty()) timeline = std::make_unique<Timeline>();
  const RunOutcome outcome = run_launches(gpu, memory, in_order, timeline.get());
  if (timeline != nullptr) timeline->write(options.timeline_path);
  return result_of(gpu, memory, outcome, launches);
}

}  // namespace fp6sim::sim
