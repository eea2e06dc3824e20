#include "emu/trace/dump.h"

#include <array>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "emu/error.h"

namespace fp6sim::trace {
namespace {

std::string text(const Dim& dim) {
  return std::to_string(dim.x) + "x" + std::to_string(dim.y) + "x" + std::to_string(dim.z);
}

/// "12 int 4 half2", nothing where all are zero.
std::string text(const Counts& counts) {
  std::ostringstream to;
  const auto put = [&](std::uint32_t n, const char* what) {
    if (n != 0) to << (to.tellp() > 0 ? " " : "") << n << " " << what;
  };
  put(counts.integer, "int");
  put(counts.half2, "half2");
  put(counts.float32, "f32");
  put(counts.shuffle, "shfl");
  put(counts.convert, "cvt");
  put(counts.other, "other");
  return to.str();
}

/// "weights+0..511", comma separated, the middle of long lists left out.
void put_runs(std::ostream& to, const LaunchInfo& info, const Warp& warp, const Event& event) {
  for (std::uint32_t r = 0; r < event.run_count; ++r) {
    if (r != 0) to << ", ";
    if (event.run_count > 6 && r == 3) {
      to << "... " << event.run_count - 4 << " more, ";
      r = event.run_count - 1;
    }
    const SectorRun& run = warp.runs[event.first_run + r];
    const std::int64_t first = run.first_sector * kSectorBytes;
    to << info.buffers[run.buffer].name << (first < 0 ? "" : "+") << first << ".."
       << first + std::int64_t{run.sectors} * kSectorBytes - 1;
  }
  to << " ";
}

std::string details(const LaunchInfo& info, const Warp& warp, const Event& e) {
  std::ostringstream to;
  if (e.op == Op::kMma) to << "m" << e.mma_m << "n" << e.mma_n << "k" << e.mma_k;
  if (e.lane_bytes != 0) to << int{e.lane_bytes} << " B ";
  if (e.lanes != 32) to << "x " << int{e.lanes} << " lanes ";
  if (e.run_count != 0) put_runs(to, info, warp, e);
  if (e.shared_bytes != 0) to << "shared " << e.shared_bytes << " B ";
  if (e.shared_passes_ideal != 0) to << "passes " << e.shared_passes << "/" << e.shared_passes_ideal << " ";
  switch (e.op) {
    case Op::kAsyncWait:
      if (e.value == kAllGroups) {
        to << "all";
      } else {
        to << "until " << e.value << " in flight";
      }
      break;
    case Op::kMbarrierInit:
      to << "mbarrier " << e.barrier << ", " << e.value << " arrivals";
      break;
    case Op::kMbarrierArrive:
      to << "mbarrier " << e.barrier << ", " << e.value << " arrivals";
      if (e.tx_bytes != 0) to << ", expects " << e.tx_bytes << " B";
      break;
    case Op::kAsyncArrive:
      to << "mbarrier " << e.barrier << ", " << e.value << " arrivals";
      break;
    case Op::kMbarrierWait:
      to << "mbarrier " << e.barrier << ", phase " << e.value;
      break;
    case Op::kBulkCopy:
      to << "to mbarrier " << e.barrier;
      break;
    case Op::kBarrierSync:
    case Op::kBarrierArrive:
      to << "barrier " << e.barrier << " of " << e.value << " threads";
      break;
    default:
      break;
  }
  return to.str();
}

void dump_warp(const LaunchInfo& info, const Warp& warp, const std::vector<std::string>& lines,
               std::ostream& to) {
  for (std::size_t i = 0; i < warp.events.size(); ++i) {
    const Event& e = warp.events[i];
    const std::string counts = text(e.counts);
    if (!counts.empty()) to << "          " << counts << "\n";
    to << "    " << std::setw(6) << i << " " << std::left << std::setw(16) << op_name(e.op) << std::right
       << details(info, warp, e) << "  [" << lines[e.line] << "]\n";
  }
}

void dump_class(const Reader& trace, std::size_t launch, std::uint32_t class_id, const DumpOptions& options,
                std::ostream& to) {
  const LaunchInfo& info = trace.launches()[launch];
  const Program program = trace.program(launch, class_id);
  std::uint64_t ctas = 0, first = 0;
  const auto& placements = trace.placements(launch);
  for (std::uint64_t i = 0; i < placements.size(); ++i) {
    if (placements[i].class_id == class_id && ctas++ == 0) first = i;
  }
  const ProgramTotals sum = totals(program);
  to << "  class " << class_id << ": " << ctas << " CTAs, the first is " << first
     << "; per CTA: " << program.warps.size() << " warps, " << sum.instructions() << " instructions, "
     << sum.read_sectors << " sectors read, " << sum.written_sectors << " written, " << sum.mma << " mma, "
     << sum.shared_passes << " shared passes (" << sum.shared_conflicts << " conflicts), " << text(sum.counts)
     << "\n";
  if (options.class_id != class_id) return;
  for (std::uint32_t w = 0; w < program.warps.size(); ++w) {
    if (options.warp && *options.warp != w) continue;
    to << "   warp " << w << "\n";
    dump_warp(info, program.warps[w], program.lines, to);
  }
}

}  // namespace

const char* op_name(Op op) {
  static constexpr std::array kNames{"global-load",     "global-store",  "global-atomic", "shared-load",
                                     "shared-store",    "matrix-load",   "async-copy",    "async-commit",
                                     "async-wait",      "async-arrive",  "bulk-copy",     "mbarrier-init",
                                     "mbarrier-arrive", "mbarrier-wait", "barrier-sync",  "barrier-arrive",
                                     "warp-sync",       "mma",           "exit"};
  static_assert(kNames.size() == static_cast<std::size_t>(Op::kExit) + 1);
  return kNames[static_cast<std::size_t>(op)];
}

ProgramTotals totals(const Program& program) {
  ProgramTotals sum;
  for (const Warp& warp : program.warps) {
    for (const Event& e : warp.events) {
      ++sum.events;
      sum.mma += e.op == Op::kMma;
      sum.shared_passes += e.shared_passes;
      sum.shared_conflicts += e.shared_passes - e.shared_passes_ideal;
      sum.counts.integer += e.counts.integer;
      sum.counts.half2 += e.counts.half2;
      sum.counts.float32 += e.counts.float32;
      sum.counts.shuffle += e.counts.shuffle;
      sum.counts.convert += e.counts.convert;
      sum.counts.other += e.counts.other;
      const bool writes = e.op == Op::kGlobalStore || e.op == Op::kGlobalAtomic;
      for (std::uint32_t r = 0; r < e.run_count; ++r) {
        (writes ? sum.written_sectors : sum.read_sectors) += warp.runs[e.first_run + r].sectors;
      }
    }
  }
  return sum;
}

void dump(const Reader& trace, std::ostream& to, const DumpOptions& options) {
  const auto has_what_was_asked = [&](std::size_t launch) {
    return *options.class_id < trace.launches()[launch].classes &&
           (!options.warp || *options.warp < trace.program(launch, *options.class_id).warps.size());
  };
  bool found = !options.class_id;
  for (std::size_t l = 0; !found && l < trace.launches().size(); ++l) found = has_what_was_asked(l);
  if (!found) {
    throw Error("no launch has class " + std::to_string(*options.class_id) +
                (options.warp ? " with warp " + std::to_string(*options.warp) : std::string()));
  }
  for (std::size_t l = 0; l < trace.launches().size(); ++l) {
    const LaunchInfo& info = trace.launches()[l];
    to << "launch " << l << ": kernel " << info.kernel << ", grid " << text(info.grid) << ", block "
       << text(info.block) << ", " << info.shared_bytes << " bytes of shared memory, " << info.origin
       << (info.architecture.empty() ? "" : ", tensor core of " + info.architecture) << "\n";
    for (const BufferInfo& buffer : info.buffers) {
      to << "  buffer " << buffer.name << ": " << buffer.bytes << " bytes at 0x" << std::hex
         << buffer.base_address << std::dec << "\n";
    }
    for (std::uint32_t c = 0; c < info.classes; ++c) dump_class(trace, l, c, options, to);
  }
}

}  // namespace fp6sim::trace
