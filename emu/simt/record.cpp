#include "emu/simt/record.h"

#include <algorithm>
#include <bit>

#include "emu/simt/cta.h"
#include "emu/trace/coalesce.h"

namespace fp6sim::simt {
namespace {

using trace::Op;

bool is_collective(Op op) {
  return op == Op::kWarpSync || op == Op::kMatrixLoad || op == Op::kMma;
}

/// Diverged lanes: whose event waits for the others. A lane on its own path (an elected producer, say) first
/// does what it does there; then come arrivals, then waits, so that no lane waits in the trace for what its
/// own warp has yet to do.
int patience(Op op) {
  switch (op) {
    case Op::kAsyncCommit:
    case Op::kAsyncArrive:
    case Op::kMbarrierArrive:
    case Op::kBarrierArrive:
      return 1;
    case Op::kAsyncWait:
    case Op::kMbarrierWait:
    case Op::kBarrierSync:
      return 2;
    case Op::kExit:
      return 4;
    default:
      return is_collective(op) ? 3 : 0;
  }
}

constexpr std::uint64_t kNoSource = ~std::uint64_t{0};

/// Whether lanes with these events execute one warp instruction.
bool same_instruction(const LaneEvent& a, const LaneEvent& b) {
  if (a.op != b.op || a.site != b.site) return false;
  switch (a.op) {
    case Op::kMbarrierInit:
    case Op::kMbarrierArrive:
    case Op::kMbarrierWait:
    case Op::kAsyncArrive:
    case Op::kBarrierSync:
    case Op::kBarrierArrive:
    case Op::kAsyncWait:
      return a.a == b.a && a.b == b.b;
    case Op::kBulkCopy:
      return a.b >> 32 == b.b >> 32;
    default:
      return a.bytes == b.bytes || is_collective(a.op);
  }
}

void widen(std::uint32_t& count, std::uint32_t lane) {
  count = std::max(count, lane);
}

}  // namespace

CtaRecorder::CtaRecorder(unsigned warps, const SiteTable& sites)
    : sites_(sites), warps_(warps), lanes_(std::size_t{warps} * kWarpSize) {
  program_.warps.resize(warps);
}

void CtaRecorder::add(Lane& lane, Op op, std::uint32_t site, unsigned bytes, std::uint64_t a, std::uint64_t b,
                      std::uint32_t c) {
  lanes_[lane.thread].push_back(
      {op, static_cast<std::uint8_t>(bytes), static_cast<std::uint16_t>(site), c, a, b, lane.counts});
  lane.counts = {};
}

void CtaRecorder::merge(unsigned warp) {
  const std::size_t base = std::size_t{warp} * kWarpSize;
  next_.fill(0);
  for (;;) {
    // Lanes whose next event is free to go, the earliest line first: divergent paths come one after the other
    // and lanes that reach the same line merge. A collective goes when all its lanes are at it.
    const LaneEvent* chosen = nullptr;
    std::uint32_t mask = 0;
    for (unsigned l = 0; l < kWarpSize; ++l) {
      if (next_[l] == lanes_[base + l].size()) continue;
      const LaneEvent& event = lanes_[base + l][next_[l]];
      if (chosen != nullptr && same_instruction(*chosen, event)) {
        mask |= 1u << l;
        continue;
      }
      bool earlier = chosen == nullptr;
      if (!earlier) {
        const int rank = patience(event.op), chosen_rank = patience(chosen->op);
        earlier = rank != chosen_rank ? rank < chosen_rank : sites_.before(event.site, chosen->site);
      }
      if (earlier) {
        chosen = &event;
        mask = 1u << l;
      }
    }
    if (chosen == nullptr) break;
    emit(warp, mask);
  }
  for (unsigned l = 0; l < kWarpSize; ++l) lanes_[base + l].clear();
}

void CtaRecorder::emit(unsigned warp_index, std::uint32_t lane_mask) {
  trace::Warp& warp = program_.warps[warp_index];
  std::array<const LaneEvent*, kWarpSize> lanes;
  unsigned count = 0;
  trace::Event event;
  for (std::uint32_t left = lane_mask; left != 0; left &= left - 1) {
    const auto l = static_cast<unsigned>(std::countr_zero(left));
    const LaneEvent& lane = lanes_[std::size_t{warp_index} * kWarpSize + l][next_[l]++];
    lanes[count++] = &lane;
    widen(event.counts.integer, lane.counts.integer);
    widen(event.counts.half2, lane.counts.half2);
    widen(event.counts.float32, lane.counts.float32);
    widen(event.counts.shuffle, lane.counts.shuffle);
    widen(event.counts.convert, lane.counts.convert);
  }
  const LaneEvent& first = *lanes[0];
  event.op = first.op;
  event.lanes = static_cast<std::uint8_t>(count);
  event.lane_bytes = first.bytes;
  if (line_of_site_.size() <= first.site) line_of_site_.resize(first.site + 1, 0);
  if (line_of_site_[first.site] == 0) {
    program_.lines.push_back(first.op == Op::kExit ? "exit" : sites_.text(first.site));
    line_of_site_[first.site] = static_cast<std::uint32_t>(program_.lines.size());
  }
  event.line = line_of_site_[first.site] - 1;
  switch (first.op) {
    case Op::kMma:
      event.lane_bytes = 0;
      event.mma_m = 16, event.mma_n = 8, event.mma_k = 16;
      if (first.c !=
          0) {  // the warp's quarter of a wgmma: its 16 rows, and of B's bytes what four warps share
        event.mma_n = static_cast<std::uint16_t>(first.c);
        event.shared_bytes = first.c * 32 / 4;
        event.shared_passes = event.shared_passes_ideal = static_cast<std::uint16_t>(first.c / 16);
      }
      event.mma_input = first.bytes == 1 ? trace::MmaInput::kBf16 : trace::MmaInput::kF16;
      break;
    case Op::kBarrierSync:
    case Op::kBarrierArrive:
    case Op::kMbarrierInit:
    case Op::kMbarrierWait:
    case Op::kAsyncWait:
      event.barrier = static_cast<std::uint32_t>(first.a);
      event.value = static_cast<std::uint32_t>(first.b);
      break;
    case Op::kMbarrierArrive:
    case Op::kAsyncArrive:
      event.barrier = static_cast<std::uint32_t>(first.a);
      for (unsigned i = 0; i < count; ++i) {
        event.value += static_cast<std::uint32_t>(lanes[i]->b);
        event.tx_bytes += lanes[i]->c;
      }
      break;
    case Op::kSharedLoad:
    case Op::kSharedStore:
    case Op::kMatrixLoad:
    case Op::kGlobalLoad:
    case Op::kGlobalStore:
    case Op::kGlobalAtomic:
    case Op::kAsyncCopy:
    case Op::kBulkCopy:
      emit_access(warp, event, lanes, count);
      break;
    default:
      break;
  }
  warp.events.push_back(event);
}

void CtaRecorder::emit_access(trace::Warp& warp, trace::Event& event,
                              const std::array<const LaneEvent*, kWarpSize>& lanes, unsigned count) {
  const Op op = event.op;
  std::array<std::uint64_t, kWarpSize> shared;
  std::array<trace::SectorSpan, kWarpSize> spans;
  unsigned shared_lanes = 0, span_count = 0;
  for (unsigned i = 0; i < count; ++i) {
    const LaneEvent& lane = *lanes[i];
    switch (op) {
      case Op::kSharedLoad:
      case Op::kSharedStore:
        shared[shared_lanes++] = lane.a;
        break;
      case Op::kMatrixLoad:
        if (lane.bytes != 0) shared[shared_lanes++] = lane.b;
        break;
      case Op::kAsyncCopy:
        shared[shared_lanes++] = lane.b;
        if (lane.a != kNoSource) spans[span_count++] = trace::sectors(lane.a, lane.c);
        break;
      case Op::kBulkCopy:
        event.barrier = static_cast<std::uint32_t>(lane.b >> 32);
        event.shared_bytes += static_cast<std::uint32_t>(lane.b);
        spans[span_count++] = trace::sectors(lane.a, static_cast<std::uint32_t>(lane.b));
        break;
      default:
        spans[span_count++] = trace::sectors(lane.a, lane.bytes);
        break;
    }
  }
  if (shared_lanes != 0) {
    const unsigned bytes = op == Op::kMatrixLoad ? 16 : event.lane_bytes;
    const trace::BankPasses passes = trace::bank_passes({shared.data(), shared_lanes}, bytes);
    event.shared_passes = passes.taken;
    event.shared_passes_ideal = passes.ideal;
    event.shared_bytes = shared_lanes * bytes;
  }
  if (op == Op::kMatrixLoad) event.lane_bytes = 16;
  event.first_run = static_cast<std::uint32_t>(warp.runs.size());
  if (span_count != 0) trace::append_runs(warp.runs, {spans.data(), span_count});
  event.run_count = static_cast<std::uint32_t>(warp.runs.size()) - event.first_run;
  if (event.run_count == 0) event.first_run = 0;
}

trace::Program CtaRecorder::take() {
  trace::Program program = std::move(program_);
  program_ = {};
  program_.warps.resize(warps_);
  line_of_site_.clear();
  return program;
}

}  // namespace fp6sim::simt
