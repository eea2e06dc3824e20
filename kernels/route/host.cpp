#include "emu/error.h"
#include "kernels/route/instances.cuh"
#include "kernels/route_host.h"

namespace fp6sim::kernels {
namespace {

std::size_t elements(std::int64_t a, std::int64_t b) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

Target target_of(const HostRun& run, std::string name) {
  Target target;
  target.config.kernel_name = std::move(name);
  target.config.architecture = run.architecture;
  target.config.recorder = run.recorder;
  target.config.workers = run.workers;
  target.config.check_races = run.check_races;
  return target;
}

void require_ok(const Status& status) {
  if (!status.ok()) throw Error(status.message);
}

}  // namespace

void dequantize_on_host(const RouteArguments& arguments, const HostRun& run) {
  const GemmArguments& operands = arguments.operands;
  require_ok(check(arguments));
  PackedLayout layout;
  require_ok(packed_layout(operands.spec, operands.shape.m, operands.shape.k, layout));
  Target target = target_of(run, "dequantize-" + kernel_name(operands.spec));
  target.config.buffers = packed_parts(operands.packed, layout);
  target.config.buffers.push_back(simt::read_write("dequantised weights",
                                                   static_cast<std::uint16_t*>(operands.workspace),
                                                   elements(operands.shape.m, arguments.route.leading)));
  launch_dequantize(arguments, target);
}

void run_on_host(const RouteArguments& arguments, const HostRun& run) {
  const GemmArguments& operands = arguments.operands;
  if (arguments.route.path == Path::kFused) {
    GemmArguments fused = operands;
    fused.plan = arguments.route.plan;
    run_on_host(fused, run);
    return;
  }
  dequantize_on_host(arguments, run);
  const auto* weights = static_cast<const std::uint16_t*>(operands.workspace);
  if (arguments.route.path == Path::kCublas) {
    auto* own = static_cast<std::byte*>(operands.workspace) + arguments.route.dequantized_bytes;
    require_ok(arguments.cublas->gemm(operands.spec.activation, operands.shape, weights,
                                      arguments.route.leading, operands.x, operands.y, own, nullptr));
    return;
  }
  Target target = target_of(run, "dense");
  target.config.buffers = {
      simt::read_only("dequantised weights", weights, elements(operands.shape.m, arguments.route.leading)),
      simt::read_only("activations", operands.x, elements(operands.shape.n, operands.shape.k)),
      simt::read_write("output", operands.y, elements(operands.shape.n, operands.shape.m))};
  launch_dense(arguments, target);
}

}  // namespace fp6sim::kernels
