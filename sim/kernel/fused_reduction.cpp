#include "sim/kernel/fused_reduction.h"

#include <algorithm>

namespace fp6sim::sim {
namespace {

GemmPlan without_split(GemmPlan plan) {
  plan.split_k = 1;
  return plan;
}

}  // namespace

FusedReductionLaunch::FusedReductionLaunch(const GpuDescription& gpu, const KernelDescription& kernel,
                                           const GemmPlan& plan)
    : plan_(plan),
      unsplit_(without_split(plan)),
      gemm_(gpu, kernel, plan),
      outputs_(gpu, kernel, unsplit_),
      partial_bytes_(kernel.partial_bytes) {
  const double outputs = static_cast<double>(plan.tile.m) * plan.tile.n;
  partial_cycles_ = 2 * gpu.sm.barrier_cycles;
  partial_memory_cycles_ = outputs * kernel.partial_bytes / 512 * gpu.sm.memory_issue_cycles;
  // Of one stage: each thread loads and adds its elements of up to kMaxSegments parts.
  const double elements = std::min(plan.split_k, StageRequest::kMaxSegments) * outputs;
  const double adds = elements / 32, loads = elements * kernel.partial_bytes / 512;
  adding_.issue = (adds + loads) / gpu.sm.issue_per_cycle;
  adding_.memory = loads * gpu.sm.memory_issue_cycles;
  adding_.alone_issue = (adds + loads) / warps();
  adding_.alone = adding_.alone_issue + 2 * gpu.sm.alu_latency_cycles + gpu.sm.barrier_cycles;
}

std::int64_t FusedReductionLaunch::stages(std::int64_t cta) const {
  constexpr int kParts = StageRequest::kMaxSegments;
  return gemm_.stages(cta) + (adds(cta) ? (plan_.split_k + kParts - 1) / kParts : 0);
}

StageRequest FusedReductionLaunch::copy(std::int64_t cta, std::int64_t stage) const {
  const std::int64_t own = gemm_.stages(cta);
  if (stage < own) return gemm_.copy(cta, stage);
  const std::int64_t first = (stage - own) * StageRequest::kMaxSegments;
  const std::int64_t last = std::min<std::int64_t>(plan_.split_k, first + StageRequest::kMaxSegments);
  StageRequest request;
  for (std::int64_t part = first; part < last; ++part)
    request.add(partial(part * grid() + cta % grid()).segments[0]);
  return request;
}

/// [tile][part][token][row], of every tile all tokens whether the batch has them or not.
StageRequest FusedReductionLaunch::partial(std::int64_t cta) const {
  Segment tile;
  tile.bytes = static_cast<std::uint32_t>(plan_.tile.m * partial_bytes_);
  tile.stride = tile.bytes;
  tile.count = static_cast<std::uint32_t>(plan_.tile.n);
  const std::int64_t number = cta % grid() * plan_.split_k + cta / grid();
  tile.base = plan_.buffers.workspace + static_cast<std::uint64_t>(number) * tile.bytes * tile.count;
  StageRequest request;
  request.write = true;
  request.add(tile);
  return request;
}

StageRequest FusedReductionLaunch::result(std::int64_t cta) const {
  return adds(cta) ? outputs_.result(cta % grid()) : partial(cta);
}

}  // namespace fp6sim::sim
