// Between the C ABI's plain values and the C++ API's.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "kernels/fp6sim.h"
#include "kernels/route.h"

namespace fp6sim::kernels {

static_assert(static_cast<int>(StatusCode::kBadShape) == FP6SIM_BAD_SHAPE);
static_assert(static_cast<int>(StatusCode::kDeviceError) == FP6SIM_DEVICE_ERROR);

inline fp6sim_code answer(const Status& status, fp6sim_message message) {
  if (message.text != nullptr && message.bytes != 0) {
    const std::size_t length = std::min(status.message.size(), message.bytes - 1);
    std::memcpy(message.text, status.message.data(), length);
    message.text[length] = '\0';
  }
  return static_cast<fp6sim_code>(status.code);
}

inline fp6sim_code null_argument(const char* name, fp6sim_message message) {
  return answer({StatusCode::kBadPointer, std::string(name) + " is null"}, message);
}

inline KernelSpec spec_of(const fp6sim_plan& plan) {
  return {static_cast<WeightFormat>(plan.weights), static_cast<emu::Split>(plan.split), plan.group,
          plan.zero_point != 0, static_cast<Activation>(plan.activation)};
}

/// Whether the plan's numbers name a kernel at all: they may come from anywhere.
inline bool known(const KernelSpec& spec) {
  const auto specs = kernel_specs();
  return std::find(specs.begin(), specs.end(), spec) != specs.end();
}

inline Plan plan_of(const fp6sim_plan& from) {
  Plan plan;
  plan.generation = static_cast<Generation>(from.generation);
  plan.tile_m = from.tile_m;
  plan.tile_n = from.tile_n;
  plan.tile_k = from.tile_k;
  plan.stages = from.stages;
  plan.threads = from.threads;
  plan.splits = from.splits;
  plan.m_tiles = from.m_tiles;
  plan.n_tiles = from.n_tiles;
  plan.k_tiles = from.k_tiles;
  plan.shared_bytes = from.shared_bytes;
  plan.stage_bytes = from.stage_bytes;
  plan.stage_weight_bytes = from.stage_weight_bytes;
  return plan;
}

inline fp6sim_plan to_c(const KernelSpec& spec, const GemmShape& shape, const Plan& plan,
                        std::size_t packed_bytes) {
  return {static_cast<std::int32_t>(spec.weights),
          static_cast<std::int32_t>(spec.split),
          spec.group,
          spec.zero_point ? 1 : 0,
          static_cast<std::int32_t>(spec.activation),
          shape.m,
          shape.k,
          shape.n,
          static_cast<std::int32_t>(plan.generation),
          plan.tile_m,
          plan.tile_n,
          plan.tile_k,
          plan.stages,
          plan.threads,
          plan.splits,
          plan.m_tiles,
          plan.n_tiles,
          plan.k_tiles,
          plan.shared_bytes,
          plan.stage_bytes,
          plan.stage_weight_bytes,
          packed_bytes,
          workspace_bytes(plan),
          counter_bytes(plan)};
}

inline Status unknown_plan() {
  return {StatusCode::kBadValue, "the plan names no kernel; it must come from fp6sim_choose"};
}

inline fp6sim_route to_c(const KernelSpec& spec, const GemmShape& shape, const Route& route,
                         std::size_t packed_bytes) {
  return {static_cast<std::int32_t>(route.path), to_c(spec, shape, route.plan, packed_bytes), route.leading,
          route.dequantized_bytes, workspace_bytes(route)};
}

inline Gpu gpu_of(const fp6sim_gpu& gpu) {
  return {gpu.compute_capability, gpu.sm_count, gpu.shared_bytes_per_sm, gpu.shared_bytes_per_block,
          gpu.dram_bytes_per_cycle};
}

}  // namespace fp6sim::kernels
