// The dense kernel of an altered source on route_test's shapes; its weights come from the kernel as it is.
#include "kernels/dense/dense.cuh"

#include "app/verify/replay.h"
#include "kernels/route/steps.h"
#include "kernels/route_host.h"
#include "tests/kernels/campaign/verdict.h"
#include "tests/kernels/cases.h"
#include "tests/kernels/route_call.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {
namespace {

template <Activation Type>
void check_dense(const KernelSpec& spec, int capability) {
  for (const GemmShape& shape : kDenseShapes) {
    const Setting setting = setting_of(spec, {shape, 1, ""}, capability);
    Call call(spec, setting.shape, Path::kDense, setting.gpu);
    HostRun run;
    run.workers = 1;
    run.architecture = emu::architecture_name(setting.architecture);
    dequantize_on_host(call.arguments, run);
    simt::LaunchConfig config;
    config.kernel_name = "dense";
    config.grid.x = dense_ctas(call.arguments);
    config.block.x = kDenseThreads;
    config.dynamic_shared_bytes = kDenseSharedBytes;
    config.architecture = run.architecture;
    config.workers = 1;
    const auto elements = [](std::int64_t a, std::int64_t b) { return static_cast<std::size_t>(a * b); };
    const GemmArguments& operands = call.arguments.operands;
    config.buffers = {
        simt::read_only("weights", call.workspace.get(), elements(shape.m, call.arguments.route.leading)),
        simt::read_only("activations", operands.x, elements(shape.n, shape.k)),
        simt::read_write("output", operands.y, elements(shape.n, shape.m))};
    simt::launch(config, dense_gemm<Type>, bind_dense(call.arguments));
    campaign::expect_equal(call.problem->y, app::replay(*call.problem, setting.architecture),
                           kernel_name(spec) + " m " + std::to_string(shape.m) + " k " +
                               std::to_string(shape.k) + " n " + std::to_string(shape.n));
  }
}

}  // namespace
}  // namespace fp6sim::kernels::inline FP6SIM_BUILD

int main() {
  using namespace fp6sim::kernels;
  return campaign::verdict([] {
    check_dense<Activation::kFp16>({}, 80);
    check_dense<Activation::kFp16>({}, 90);
    check_dense<Activation::kBf16>(kernel_by_name("w6a16", "", Activation::kBf16), 80);
  });
}
