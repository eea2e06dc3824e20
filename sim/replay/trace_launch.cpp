#include "sim/replay/trace_launch.h"

#include <set>
#include <utility>

#include "emu/error.h"
#include "emu/packing/tile_order.h"
#include "sim/description/kernel_description.h"

namespace fp6sim::sim {
namespace {

// Where a trace does not say: half of what lets two CTAs of 512 threads share an SM.
constexpr std::uint32_t kUsualRegisters = 64;

TileOption resources_of(const trace::LaunchInfo& info) {
  constexpr std::uint64_t kMost = 1u << 20;  // more than any SM has, and no overflow
  TileOption resources;
  resources.threads =
      static_cast<int>(std::clamp<std::uint64_t>((info.block.count() + 31) / 32, 1, kMost / 32)) * 32;
  const std::uint32_t registers =
      info.registers_per_thread != 0 ? info.registers_per_thread : kUsualRegisters;
  resources.registers = static_cast<int>(std::min<std::uint32_t>(registers, 1024));
  resources.shared_bytes = static_cast<int>(std::min<std::uint64_t>(info.shared_bytes, 1u << 30));
  return resources;
}

bool holds_weights(const trace::BufferInfo& buffer) {
  return buffer.name == "wide segments" || buffer.name == "narrow segments";
}

}  // namespace

TraceDesign TraceLaunch::design_for(const DesignDescription& design, std::size_t launch) {
  TraceDesign treatment;
  for (const trace::BufferInfo& buffer : info_.buffers)
    treatment.weight_buffer.push_back(holds_weights(buffer));
  const auto known = kernel_names();
  const bool described = std::find(known.begin(), known.end(), info_.kernel) != known.end();
  const bool recorded = info_.origin.starts_with("recorded");
  // A recording has what the source writes; the compiler's addresses and loop control are the description's.
  if (recorded && described) treatment.unrecorded = load_kernel(info_.kernel).instructions.overhead_per_tile;
  if (design.placement == Placement::kSimt) return treatment;
  const auto refuse = [&](const std::string& why) {
    throw Error("launch " + std::to_string(launch) + " (" + info_.kernel + "): design '" + design.name +
                "': " + why + "; only 'simt' can be replayed");
  };
  if (!recorded)
    refuse("the trace is imported (" + info_.origin + ") and does not say which instructions expand weights");
  if (std::none_of(info_.buffers.begin(), info_.buffers.end(), holds_weights))
    refuse("no buffer of the trace is named as packed weights");
  if (!described) refuse("no kernel description of that name says what the weights are");
  const KernelDescription kernel = load_kernel(info_.kernel);
  treatment.on_lanes = false;
  treatment.widening = 16 / kernel.weights.bits;
  const bool below_crossbar = design.placement == Placement::kL2 || design.placement == Placement::kMemctrl;
  treatment.wide_in_shared = below_crossbar || design.placement == Placement::kCopy;
  if (below_crossbar) crossbar_factor_ = treatment.widening;
  if (design.placement == Placement::kMemctrl) l2_factor_ = treatment.widening;
  group_ = kernel.weights.group;
  weight_bits_ = kernel.weights.bits;
  return treatment;
}

TraceLaunch::TraceLaunch(const GpuDescription& gpu, const DesignDescription& design,
                         const trace::Reader& trace, std::size_t launch, const DequantStageFactory& rtl_unit)
    : info_(trace.launches()[launch]), placements_(trace.placements(launch)) {
  treatment_ = design_for(design, launch);
  stage_programs(gpu, trace, launch);
  if (!find_joins()) {
    treatment_.joins = false;
    joins_.clear();
    stage_programs(gpu, trace, launch);
  }
  std::uint64_t stage_weight_bytes = 0;
  for (const StagedProgram& program : programs_) {
    in_flight_ = std::max(in_flight_, program.in_flight);
    for (const TraceStage& stage : program.stages) {
      if (stage.work.tensor > 0) start_us_ = gpu.launch.gemm_start_us;
    }
    stage_weight_bytes = std::max(stage_weight_bytes, program.stage_weight_bytes);
  }
  TileOption resources = resources_of(info_);
  if (treatment_.wide_in_shared) {
    // One stage is computed while `in_flight_` are on their way.
    const double more =
        (treatment_.widening - 1) * static_cast<double>(stage_weight_bytes) * (in_flight_ + 1);
    resources.shared_bytes += static_cast<int>(std::min(more, 1e9));
  }
  std::string limit;
  ctas_per_sm_ = occupancy(gpu, resources, &limit);
  if (ctas_per_sm_ == 0) {
    throw Error(gpu.name + " cannot hold a CTA of " + info_.kernel +
                (treatment_.on_lanes ? "" : " with design " + design.name) + ": " + limit);
  }
  if (treatment_.on_lanes) return;
  const auto weights = static_cast<std::int64_t>(static_cast<double>(stage_weight_bytes) * 8 / weight_bits_);
  if (weights == 0) return;
  const std::int64_t columns = emu::kTileColumns;
  unit_ = use_unit(design, rtl_unit, {std::max<std::int64_t>(1, weights / columns), columns, group_},
                   gpu.sm.shared_bytes_per_cycle, gpu.l2.slice_bytes_per_cycle);
}

void TraceLaunch::stage_programs(const GpuDescription& gpu, const trace::Reader& trace, std::size_t launch) {
  programs_.clear();
  for (std::uint32_t c = 0; c < info_.classes; ++c)
    programs_.push_back(stage_program(gpu, trace.program(launch, c), treatment_));
}

bool TraceLaunch::find_joins() {
  struct Written {
    std::uint64_t first, end;
    std::int64_t cta;
  };
  std::vector<Written> written;
  std::uint64_t longest = 0;
  bool any = false;
  const auto span = [&](std::int64_t cta, const TracePiece& piece) {
    const std::uint64_t first = traced_address(cta, piece);
    return std::pair(first, first + piece.stride * (piece.count - 1) + piece.bytes);
  };
  for (std::int64_t cta = 0; cta < ctas(); ++cta) {
    const StagedProgram& own = program(cta);
    any |= own.joins;
    if (own.partials.size() > StageRequest::kMaxSegments) return false;
    for (const TracePiece& piece : own.joins ? own.partials : own.writes) {
      const auto [first, end] = span(cta, piece);
      written.push_back({first, end, cta});
      longest = std::max(longest, end - first);
    }
  }
  if (!any) return true;
  std::sort(written.begin(), written.end(), [](const Written& a, const Written& b) {
    return std::pair(a.first, a.cta) < std::pair(b.first, b.cta);
  });
  joins_.resize(static_cast<std::size_t>(ctas()));
  for (std::int64_t cta = 0; cta < ctas(); ++cta) {
    const StagedProgram& own = program(cta);
    if (!own.joins) continue;
    std::set<std::int64_t> group{cta};
    for (std::size_t stage = own.own_stages; stage < own.stages.size(); ++stage) {
      for (const TracePiece& piece : own.stages[stage].pieces) {
        const auto [first, end] = span(cta, piece);
        auto at = std::lower_bound(written.begin(), written.end(), first - std::min(first, longest),
                                   [](const Written& w, std::uint64_t address) { return w.first < address; });
        for (; at != written.end() && at->first < end; ++at) {
          if (at->end > first) group.insert(at->cta);
        }
      }
    }
    for (const std::int64_t member : group) {
      Join& join = joins_[static_cast<std::size_t>(member)];
      if (join.group >= 0 || (member != cta && program(member).joins)) return false;
      join = {cta, static_cast<int>(group.size())};
    }
  }
  return true;
}

void TraceLaunch::touch(Layout& layout) const {
  for_each_piece([&](std::int64_t cta, const TracePiece& piece, bool) {
    const std::uint64_t at = traced_address(cta, piece);
    layout.touch(info_.buffers[piece.buffer].base_address, at,
                 at + piece.stride * (piece.count - 1) + piece.bytes);
  });
}

void TraceLaunch::share_written(MemorySystem& memory) const {
  if (!joins_.empty()) return;
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

StageRequest TraceLaunch::request(std::int64_t cta, const std::vector<TracePiece>& pieces, bool write) const {
  StageRequest made;
  made.write = write;
  for (const TracePiece& piece : pieces) {
    Segment segment;
    segment.base = traced_address(cta, piece) + moved_[piece.buffer];
    segment.stride = piece.stride;
    segment.bytes = piece.bytes;
    segment.count = piece.count;
    if (piece.buffer < treatment_.weight_buffer.size() && treatment_.weight_buffer[piece.buffer])
      segment.crossbar_factor = static_cast<float>(crossbar_factor_);
    made.add(segment);
  }
  return made;
}

}  // namespace fp6sim::sim
