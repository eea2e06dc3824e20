#include "emu/error.h"
#include "kernels/c_api_values.h"

using fp6sim::Error;
namespace kernels = fp6sim::kernels;
using namespace fp6sim::kernels;  // the conversions of c_api_values.h

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
    const kernels::Gpu own = gpu_of(*gpu);
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
