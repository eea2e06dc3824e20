#include <algorithm>
#include <cstring>
#include <string>

#include "emu/error.h"
#include "kernels/fp6sim.h"
#include "kernels/gemm.h"

using fp6sim::Error;
namespace kernels = fp6sim::kernels;
using kernels::Status;
using kernels::StatusCode;

namespace {

static_assert(static_cast<int>(StatusCode::kBadShape) == FP6SIM_BAD_SHAPE);
static_assert(static_cast<int>(StatusCode::kDeviceError) == FP6SIM_DEVICE_ERROR);

fp6sim_code answer(const Status& status, fp6sim_message message) {
  if (message.text != nullptr && message.bytes != 0) {
    const std::size_t length = std::min(status.message.size(), message.bytes - 1);
    std::memcpy(message.text, status.message.data(), length);
    message.text[length] = '\0';
  }
  return static_cast<fp6sim_code>(status.code);
}

fp6sim_code null_argument(const char* name, fp6sim_message message) {
  return answer({StatusCode::kBadPointer, std::string(name) + " is null"}, message);
}

kernels::KernelSpec spec_of(const fp6sim_plan& plan) {
  return {static_cast<kernels::WeightFormat>(plan.weights), static_cast<fp6sim::emu::Split>(plan.split),
          plan.group, plan.zero_point != 0, static_cast<kernels::Activation>(plan.activation)};
}

/// Whether the plan's numbers name a kernel at all: they may come from anywhere.
bool known(const kernels::KernelSpec& spec) {
  const auto specs = kernels::kernel_specs();
  return std::find(specs.begin(), specs.end(), spec) != specs.end();
}

kernels::Plan plan_of(const fp6sim_plan& from) {
  kernels::Plan plan;
  plan.generation = static_cast<kernels::Generation>(from.generation);
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

fp6sim_plan to_c(const kernels::KernelSpec& spec, const kernels::GemmShape& shape, const kernels::Plan& plan,
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
          kernels::workspace_bytes(plan),
          kernels::counter_bytes(plan)};
}

Status unknown_plan() {
  return {StatusCode::kBadValue, "the plan names no kernel; it must come from fp6sim_choose"};
}

}  // namespace

extern "C" {

fp6sim_code fp6sim_choose(const char* kernel, const char* split, int activation, std::int64_t m,
                          std::int64_t k, std::int64_t n, const fp6sim_gpu* gpu, int splits,
                          fp6sim_plan* plan, fp6sim_message message) {
  if (kernel == nullptr) return null_argument("kernel", message);
  if (gpu == nullptr) return null_argument("gpu", message);
  if (plan == nullptr) return null_argument("plan", message);
  if (activation != FP6SIM_FP16 && activation != FP6SIM_BF16) {
    return answer(
        {StatusCode::kBadValue, "activation " + std::to_string(activation) + ": FP6SIM_FP16 or FP6SIM_BF16"},
        message);
  }
  try {
    const kernels::KernelSpec spec = kernels::kernel_by_name(kernel, split == nullptr ? "" : split,
                                                             static_cast<kernels::Activation>(activation));
    const kernels::Gpu own{gpu->compute_capability, gpu->sm_count, gpu->shared_bytes_per_sm,
                           gpu->shared_bytes_per_block};
    const kernels::GemmShape shape{m, k, n};
    kernels::Plan chosen;
    if (const Status status = choose_plan(spec, shape, own, chosen, splits); !status.ok())
      return answer(status, message);
    kernels::PackedLayout layout;
    if (const Status status = packed_layout(spec, m, k, layout); !status.ok()) return answer(status, message);
    *plan = to_c(spec, shape, chosen, layout.bytes);
    return answer({}, message);
  } catch (const Error& error) {
    return answer({StatusCode::kBadValue, error.what()}, message);
  }
}

fp6sim_code fp6sim_pack(const fp6sim_plan* plan, const std::uint8_t* codes, const std::uint16_t* scales,
                        const std::uint8_t* zeros, void* packed, fp6sim_message message) {
  if (plan == nullptr) return null_argument("plan", message);
  if (codes == nullptr) return null_argument("codes", message);
  if (scales == nullptr) return null_argument("scales", message);
  if (packed == nullptr) return null_argument("packed", message);
  const kernels::KernelSpec spec = spec_of(*plan);
  if (!known(spec)) return answer(unknown_plan(), message);
  if (spec.zero_point && zeros == nullptr) return null_argument("zeros", message);
  kernels::PackedLayout layout;
  if (const Status status = packed_layout(spec, plan->m, plan->k, layout); !status.ok())
    return answer(status, message);
  const auto rows = static_cast<std::size_t>(plan->m);
  const auto columns = static_cast<std::size_t>(plan->k);
  const std::size_t groups = spec.group == 0 ? 1 : columns / static_cast<std::size_t>(spec.group);
  return answer(pack_weights(spec, plan->m, plan->k, {codes, rows * columns}, {scales, rows * groups},
                             {zeros, spec.zero_point ? rows * groups : 0},
                             {static_cast<std::byte*>(packed), layout.bytes}),
                message);
}

fp6sim_code fp6sim_gemm(const fp6sim_plan* plan, const void* packed, std::uint64_t packed_bytes,
                        const void* x, void* y, void* workspace, std::uint64_t workspace_bytes, void* stream,
                        fp6sim_message message) {
  if (plan == nullptr) return null_argument("plan", message);
  kernels::GemmArguments arguments;
  arguments.spec = spec_of(*plan);
  if (!known(arguments.spec)) return answer(unknown_plan(), message);
  arguments.shape = {plan->m, plan->k, plan->n};
  arguments.plan = plan_of(*plan);
  arguments.packed = packed;
  arguments.packed_bytes = packed_bytes;
  arguments.x = static_cast<const std::uint16_t*>(x);
  arguments.y = static_cast<std::uint16_t*>(y);
  arguments.workspace = workspace;
  arguments.workspace_bytes = workspace_bytes;
  return answer(gemm(arguments, stream), message);
}

int fp6sim_has_cuda(void) {
  return kernels::has_cuda() ? 1 : 0;
}

}  // extern "C"
