// What a build without nvcc answers.
#include "kernels/gemm.h"
#include "kernels/gpu_run.h"
#include "kernels/packing/gpu_pack.h"
#include "kernels/route.h"

namespace fp6sim::kernels {
namespace {

Status no_cuda() {
  return {StatusCode::kUnsupported,
          "this build has no GPU kernels: configure with -DFP6SIM_CUDA=ON (cmake --preset cuda; needs nvcc)"};
}

}  // namespace

bool has_cuda() {
  return false;
}
Status gemm(const GemmArguments& arguments, void*) {
  if (Status status = check(arguments); !status.ok()) return status;
  return no_cuda();
}
Status gemm(const RouteArguments& arguments, void*) {
  if (Status status = check(arguments); !status.ok()) return status;
  return no_cuda();
}
Status query_gpu(Gpu&, std::string&) {
  return no_cuda();
}
Status run_on_gpu(const GemmArguments&) {
  return no_cuda();
}
Status run_on_gpu(const RouteArguments&) {
  return no_cuda();
}
Status pack_tiles_on_gpu(const emu::TileOrder&, const std::uint8_t*, std::uint32_t*, std::uint32_t*, void*) {
  return no_cuda();
}

}  // namespace fp6sim::kernels
