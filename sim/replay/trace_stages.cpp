#include "sim/replay/trace_stages.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "sim/kernel/stage_work.h"
#include "sim/replay/trace_pieces.h"

namespace fp6sim::sim {
namespace {

using trace::Event;
using trace::Op;

// A lone warp's cycles an instruction where the trace does not say what depends on what: independent work
// between dependent instructions, as in the descriptions of kernels with register double buffering.
constexpr double kWarpCyclesPerInstruction = 1.25;
constexpr double kSubCores = 4;

/// What ends a stage in this program.
enum class Cut { kAsyncWait, kBulkWait, kBarrier };

constexpr std::uint16_t kMmaSyncColumns = 8;

bool is_wgmma(const Event& e) {
  return e.op == Op::kMma && e.mma_n > kMmaSyncColumns && e.mma_k >= 16;
}

/// A warp's stage: its cycles before anything overlaps, and how often mma's follow other instructions.
struct WarpSums {
  WarpWork raw;
  double runs = 0;
  bool expands = false;  // since its last mma
};

/// What a stage's events add up to over the CTA's warps.
struct Sums {
  double instructions = 0, integer = 0, half2 = 0, float32 = 0, memory = 0, passes = 0, multiply_adds = 0;
  double weight_loads = 0;   // shared loads: of `memory`, instructions that fetch packed weights
  double weight_passes = 0;  // of `passes`, those of packed weights, read or landing
  double tensor_cycles = 0;  // of the whole SM's tensor cores
  double bitwise = 0;        // of `integer`, those that expand; so do all of `half2`
  MmaKind mma = MmaKind::kNone;
  std::vector<WarpSums> warps;
  std::vector<trace::SectorRun> reads;
};

bool is_memory(Op op) {
  return op <= Op::kAsyncCopy || op == Op::kBulkCopy;
}

class Stager {
 public:
  Stager(const GpuDescription& gpu, const trace::Program& program, const TraceDesign& design)
      : gpu_(gpu), program_(program), design_(design) {
    for (const trace::Warp& warp : program.warps) {
      for (const Event& e : warp.events) {
        if (e.op == Op::kAsyncWait) has_async_ = true;
        if (e.op == Op::kBulkCopy) bulk_barriers_.insert(e.barrier);
        if (e.op == Op::kGlobalAtomic) has_atomics_ = true;
      }
    }
    cut_ = !bulk_barriers_.empty() ? Cut::kBulkWait : has_async_ ? Cut::kAsyncWait : Cut::kBarrier;
  }

  StagedProgram run() {
    number_stages();
    for (std::size_t w = 0; w < program_.warps.size(); ++w) add_warp(program_.warps[w], w);
    StagedProgram result;
    StageWork unplaced;  // before the first stage that reads
    std::vector<WarpWork> unplaced_warps;
    bool has_unplaced = false;
    std::size_t most_parts = 1;
    result.joins = design_.joins && has_atomics_ && cut_ != Cut::kBarrier && !stages_.back().reads.empty() &&
                   !early_writes_.empty();
    if (!result.joins) writes_.insert(writes_.begin(), early_writes_.begin(), early_writes_.end());
    for (Sums& sums : stages_) {
      if (&sums == &stages_.back()) result.own_stages = result.stages.size();
      const std::uint64_t weight_bytes = weight_bytes_of(sums);
      if (weight_bytes > 0 && !design_.on_lanes) expand_elsewhere(sums);
      result.weight_bytes += weight_bytes;
      result.stage_weight_bytes = std::max(result.stage_weight_bytes, weight_bytes);
      result.instructions += sums.instructions;
      result.multiply_adds += sums.multiply_adds;
      result.shared_bytes += sums.passes * 128;
      const std::vector<TracePiece> reads = pieces(sums.reads, result.read);
      most_parts = std::max(most_parts, add_stages(result, reads, 0, false));
      if (sums.instructions == 0) continue;
      has_unplaced |= result.stages.empty();
      const std::vector<WarpWork> warps = shown(sums);
      add(result.stages.empty() ? unplaced : result.stages.back().work, work(sums, warps));
      add(result.stages.empty() ? unplaced_warps : result.stages.back().warps, warps);
    }
    if (result.joins) result.partials = pieces(early_writes_, result.written);
    std::vector<TracePiece> writes = pieces(writes_, result.written);
    const bool reads_nothing = result.stages.empty();
    const std::size_t at_end =
        reads_nothing ? 0 : std::min(writes.size(), std::size_t{StageRequest::kMaxSegments});
    const std::size_t write_parts = add_stages(result, writes, at_end, true);
    writes.resize(at_end);
    result.writes = std::move(writes);
    if (result.stages.empty() && has_unplaced) result.stages.emplace_back();
    if (has_unplaced) {
      add(result.stages.front().work, unplaced);
      add(result.stages.front().warps, unplaced_warps);
    }
    if (!result.joins) result.own_stages = result.stages.size();
    const std::size_t depth = std::max(static_cast<std::size_t>(in_flight_) * most_parts, write_parts);
    result.in_flight = static_cast<int>(std::clamp<std::size_t>(depth, 1, 15));
    return result;
  }

 private:
  bool cuts(const Event& e) const {
    switch (cut_) {
      case Cut::kAsyncWait:
        return e.op == Op::kAsyncWait;
      case Cut::kBulkWait:
        return e.op == Op::kMbarrierWait && bulk_barriers_.contains(e.barrier);
      case Cut::kBarrier:
        return e.op == Op::kBarrierSync && e.barrier == 0;
    }
    return false;
  }

  /// Counts stages, and for bulk copies which stage waits for which phase of which barrier.
  void number_stages() {
    std::size_t most = 0;
    for (const trace::Warp& warp : program_.warps) {
      std::size_t cuts_of_warp = 0, commits = 0;
      for (const Event& e : warp.events) {
        if (e.op == Op::kAsyncCommit && cuts_of_warp == 0) ++commits;
        if (!cuts(e)) continue;
        stage_of_phase_.try_emplace({e.barrier, e.value}, cuts_of_warp);
        ++cuts_of_warp;
      }
      most = std::max(most, cuts_of_warp);
      if (cut_ == Cut::kAsyncWait) in_flight_ = std::max(in_flight_, static_cast<int>(commits));
    }
    if (cut_ == Cut::kBulkWait) in_flight_ = std::max(1, static_cast<int>(bulk_barriers_.size()) - 1);
    // The plain loads before the first cut are the first stage's; with barriers alone they are a stage of
    // their own.
    const std::size_t extra = cut_ == Cut::kBarrier ? 1 : 0;
    stages_.resize(most + extra + 1);  // the last: loads after the last wait
  }

  void add_warp(const trace::Warp& warp, std::size_t number) {
    std::size_t cuts_seen = 0, commits = 0;
    WarpSums own;
    bool in_tail = false;      // has read what follows the last cut
    std::size_t progress = 0;  // the stage a warp without cuts fills
    std::vector<std::vector<trace::SectorRun>> groups(1);
    std::size_t groups_waited = 0;
    const std::size_t total_cuts = static_cast<std::size_t>(
        std::count_if(warp.events.begin(), warp.events.end(), [&](const Event& e) { return cuts(e); }));
    std::map<std::uint32_t, std::uint32_t> bulk_phase;
    std::map<std::uint32_t, std::uint32_t> announced;
    for (const Event& e : warp.events) {
      if (cuts(e)) {
        close(stage_index(cuts_seen, total_cuts), number, own);
        ++cuts_seen;
        if (cut_ == Cut::kAsyncWait) {
          const std::size_t until = e.value >= commits
                                        ? (e.value == trace::kAllGroups ? groups.size() : groups_waited)
                                        : commits - e.value;
          for (; groups_waited < until; ++groups_waited)
            append(stages_[cuts_seen - 1].reads, groups[groups_waited]);
        }
      }
      const bool copies_only = cut_ == Cut::kBulkWait && total_cuts == 0;
      if (tail_begins(e, cuts_seen, total_cuts) && !std::exchange(in_tail, true))
        close(stage_index(cuts_seen, total_cuts), number, own);
      const std::size_t stage = in_tail       ? stages_.size() - 1
                                : copies_only ? std::min(progress, stages_.size() - 2)
                                              : stage_index(cuts_seen, total_cuts);
      Sums& sums = stages_[stage];
      const double issued = static_cast<double>(e.counts.total()) + (e.op == Op::kExit ? 0 : 1);
      sums.instructions += issued;
      sums.integer += e.counts.integer + e.counts.convert + e.counts.shuffle + e.counts.other;
      sums.half2 += e.counts.half2;
      sums.float32 += e.counts.float32;
      sums.memory += is_memory(e.op) ? 1 : 0;
      sums.passes += e.op == Op::kBulkCopy ? e.shared_bytes / 128.0 : e.shared_passes;
      const double fma = static_cast<double>(e.mma_m) * e.mma_n * e.mma_k;
      sums.multiply_adds += fma;
      const double expanding = static_cast<double>(e.counts.integer) + e.counts.convert + e.counts.half2;
      sums.bitwise += static_cast<double>(e.counts.integer) + e.counts.convert;
      // An mma takes one cycle to issue: its accumulators are independent.
      const double mma = e.op == Op::kMma ? 1 : 0;
      own.raw.issue += (issued - expanding - mma) * kWarpCyclesPerInstruction + mma;
      own.raw.expand += expanding * kWarpCyclesPerInstruction;
      own.expands |= expanding > 0;
      const double tensor = fma / tensor_rate(e);
      sums.tensor_cycles += tensor;
      own.raw.tensor += tensor * kSubCores;
      if (mma != 0) {
        if (own.expands || own.runs == 0) own.runs += 1;
        own.expands = false;
        if (is_wgmma(e)) sums.mma = MmaKind::kWarpgroup;
        if (sums.mma == MmaKind::kNone) sums.mma = MmaKind::kWarp;
      }
      if (e.op == Op::kSharedLoad) {
        sums.weight_loads += 1;
        sums.weight_passes += e.shared_passes;
      }
      const auto first = warp.runs.begin() + e.first_run;
      const std::vector<trace::SectorRun> runs(first, first + e.run_count);
      if ((e.op == Op::kAsyncCopy || e.op == Op::kBulkCopy) && !runs.empty() && is_weights(runs.front()))
        sums.weight_passes += e.op == Op::kBulkCopy ? e.shared_bytes / 128.0 : e.shared_passes;
      switch (e.op) {
        case Op::kGlobalStore:
        case Op::kGlobalAtomic:
          append(in_tail ? writes_ : early_writes_, runs);
          break;
        case Op::kGlobalLoad:
          append(sums.reads, runs);
          break;
        case Op::kAsyncCopy:
          append(groups[commits], runs);
          break;
        case Op::kAsyncCommit:
          if (copies_only) {
            append(sums.reads, groups[commits]);
            ++groups_waited;
            close(stage, number, own);
            progress = std::max(progress, commits + 1);
          }
          ++commits;
          groups.emplace_back();
          break;
        case Op::kMbarrierArrive:
          if (e.tx_bytes == 0) break;
          announced[e.barrier] += e.tx_bytes;
          if (const auto at = stage_of_phase_.find({e.barrier, bulk_phase[e.barrier]});
              copies_only && at != stage_of_phase_.end() && at->second > progress) {
            close(stage, number, own);
            progress = at->second;
          }
          break;
        case Op::kBulkCopy: {
          // Copies fill the phase whose bytes they were announced for.
          auto& left = announced[e.barrier];
          const auto at = stage_of_phase_.find({e.barrier, bulk_phase[e.barrier]});
          append(stages_[at == stage_of_phase_.end() ? stages_.size() - 1 : at->second].reads, runs);
          left -= std::min(left, e.shared_bytes);
          if (left == 0) ++bulk_phase[e.barrier];
          break;
        }
        default:
          break;
      }
    }
    for (; groups_waited < groups.size(); ++groups_waited)
      append(stages_.back().reads, groups[groups_waited]);
    const bool copies_only = cut_ == Cut::kBulkWait && total_cuts == 0;
    close(in_tail       ? stages_.size() - 1
          : copies_only ? std::min(progress, stages_.size() - 2)
                        : stage_index(cuts_seen, total_cuts),
          number, own);
  }

  /// A plain load after the last cut: it and what follows are a stage of their own.
  bool tail_begins(const Event& e, std::size_t cuts_seen, std::size_t total_cuts) const {
    return e.op == Op::kGlobalLoad && cut_ != Cut::kBarrier && total_cuts != 0 && cuts_seen == total_cuts;
  }

  /// Where work after `cuts_seen` cuts belongs. Warps that never cut (a producer) count at the first stage.
  std::size_t stage_index(std::size_t cuts_seen, std::size_t total_cuts) const {
    if (cut_ == Cut::kBarrier) return std::min(cuts_seen, stages_.size() - 1);
    if (total_cuts == 0 || cuts_seen == 0) return 0;
    return cuts_seen - 1;
  }
  void close(std::size_t stage, std::size_t warp, WarpSums& own) {
    Sums& sums = stages_[stage];
    sums.warps.resize(program_.warps.size());
    if (own.runs > 0) {
      sums.instructions += design_.unrecorded;
      sums.integer += design_.unrecorded;
      own.raw.issue += design_.unrecorded * kWarpCyclesPerInstruction;
    }
    add(sums.warps[warp].raw, own.raw);
    sums.warps[warp].runs += own.runs;
    own = {};
  }

  /// Multiply-adds a cycle.
  double tensor_rate(const Event& e) const {
    return is_wgmma(e) && gpu_.sm.warpgroup_tensor_fma > 0 ? gpu_.sm.warpgroup_tensor_fma
                                                           : gpu_.sm.tensor_fma;
  }

  bool is_weights(const trace::SectorRun& run) const {
    return run.buffer < design_.weight_buffer.size() && design_.weight_buffer[run.buffer];
  }
  std::uint64_t weight_bytes_of(const Sums& sums) const {
    std::uint64_t sectors = 0;
    for (const trace::SectorRun& run : sums.reads) sectors += is_weights(run) ? run.sectors : 0;
    return sectors * kSectorBytes;
  }

  /// Takes the instructions that expand out of a stage.
  void expand_elsewhere(Sums& sums) const {
    sums.instructions -= sums.bitwise + sums.half2;
    sums.integer -= sums.bitwise;
    sums.half2 = 0;
    for (WarpSums& warp : sums.warps) warp.raw.expand = 0;
    if (!design_.wide_in_shared) return;
    sums.passes += sums.weight_passes * (design_.widening - 1);
    const double more_loads = sums.weight_loads * (design_.widening - 1);
    sums.memory += more_loads;
    sums.instructions += more_loads;
  }
  static void append(std::vector<trace::SectorRun>& to, const std::vector<trace::SectorRun>& runs) {
    to.insert(to.end(), runs.begin(), runs.end());
  }

  /// Appends stages for the pieces from `first` on, as many as requests need; returns how many.
  static std::size_t add_stages(StagedProgram& result, const std::vector<TracePiece>& pieces,
                                std::size_t first, bool write) {
    std::size_t parts = 0;
    for (; first < pieces.size(); first += StageRequest::kMaxSegments, ++parts) {
      const std::size_t end = std::min<std::size_t>(pieces.size(), first + StageRequest::kMaxSegments);
      TraceStage& stage = result.stages.emplace_back();
      stage.write = write;
      stage.pieces.assign(pieces.begin() + static_cast<std::ptrdiff_t>(first),
                          pieces.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return parts;
  }

  static void add(WarpWork& to, const WarpWork& more) {
    to.issue += more.issue;
    to.expand += more.expand;
    to.tensor += more.tensor;
  }
  static void add(std::vector<WarpWork>& to, const std::vector<WarpWork>& more) {
    to.resize(std::max(to.size(), more.size()));
    for (std::size_t i = 0; i < more.size(); ++i) add(to[i], more[i]);
  }
  static void add(StageWork& to, const StageWork& more) {
    for (const auto field :
         {&StageWork::issue, &StageWork::expand, &StageWork::shared, &StageWork::memory, &StageWork::tensor,
          &StageWork::alone, &StageWork::alone_expand, &StageWork::alone_issue, &StageWork::alone_tensor}) {
      to.*field += more.*field;
    }
  }

  static std::vector<WarpWork> shown(const Sums& sums) {
    std::vector<WarpWork> warps;
    for (const WarpSums& own : sums.warps)
      warps.push_back(shown_work(own.raw, own.runs > 1 ? 1 - 1 / own.runs : 0));
    return warps;
  }

  StageWork work(const Sums& sums, const std::vector<WarpWork>& warps) const {
    const SmDescription& sm = gpu_.sm;
    StageWork work;
    work.issue = sums.instructions / sm.issue_per_cycle;
    work.expand = std::max({sums.integer * 32 / sm.integer_lanes, sums.half2 * 32 / sm.half2_lanes,
                            sums.float32 * 32 / sm.fp32_lanes});
    work.shared = sums.passes * 128 / sm.shared_bytes_per_cycle;
    work.memory = sums.memory * sm.memory_issue_cycles;
    work.tensor = sums.mma == MmaKind::kWarpgroup ? sums.tensor_cycles
                                                  : sums.tensor_cycles / InstructionMix{}.tensor_efficiency;
    const auto total = [](const WarpWork& w) { return w.issue + w.expand + w.tensor; };
    const auto longest =
        std::max_element(warps.begin(), warps.end(),
                         [&](const WarpWork& a, const WarpWork& b) { return total(a) < total(b); });
    work_alone(sm, *longest, sums.mma, work);
    return work;
  }

  const GpuDescription& gpu_;
  const trace::Program& program_;
  const TraceDesign& design_;
  bool has_async_ = false, has_atomics_ = false;
  std::set<std::uint32_t> bulk_barriers_;
  Cut cut_ = Cut::kBarrier;
  int in_flight_ = 1;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> stage_of_phase_;
  std::vector<Sums> stages_;
  std::vector<trace::SectorRun> early_writes_, writes_;  // before a warp reads the last stage, and after
};

}  // namespace

StagedProgram stage_program(const GpuDescription& gpu, const trace::Program& program,
                            const TraceDesign& design) {
  return Stager(gpu, program, design).run();
}

}  // namespace fp6sim::sim
