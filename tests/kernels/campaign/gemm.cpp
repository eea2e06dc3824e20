// The fused kernels of an altered source on gemm_test's shapes. Compiled by tools/mutate_kernels.py with
// FP6SIM_BUILD (the altered namespace), GENERATION (0..2, as in Generation) and LEVEL (0: one kernel, 1: few,
// 2: some other kinds, 3: all kinds).
#include <utility>

#include "app/verify/replay.h"
#include "kernels/gemm/bind.h"
#include "kernels/gemm/gemm_ampere.cuh"
#include "kernels/gemm/gemm_hopper.cuh"
#include "kernels/gemm/gemm_warpgroup.cuh"
#include "kernels/host_run.h"
#include "tests/kernels/campaign/specs.h"
#include "tests/kernels/campaign/verdict.h"
#include "tests/kernels/cases.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {
namespace {

constexpr auto kGeneration = static_cast<Generation>(GENERATION);

template <KernelSpec S, Generation G, int TileN>
void launch_altered(HostProblem& problem, const HostRun& run) {
  using T = Tile<S, TileN, G>;
  const GemmArguments arguments = problem.arguments();
  if constexpr (G == Generation::kAmpere) {
    simt::launch(launch_config(arguments, run), gemm_ampere<T>, bind(arguments));
  } else if constexpr (G == Generation::kHopper) {
    simt::launch(launch_config(arguments, run), gemm_hopper<T>, bind(arguments));
  } else {
    simt::launch(launch_config(arguments, run), gemm_warpgroup<T>, bind(arguments));
  }
}

template <KernelSpec S, Generation G, int TileN>
void check_tile() {
  std::uint64_t seed = 1;
  for (const Case& c : kCases) {
    const int capability = G == Generation::kAmpere                     ? 80
                           : G == Generation::kHopper && c.shape.n > 32 ? 100
                                                                        : 90;
    const Setting setting = setting_of(S, c, capability);
    Plan plan;
    if (!choose_plan(S, setting.shape, setting.gpu, plan, c.splits).ok()) continue;
    if (plan.generation != G || plan.tile_n != TileN) continue;
    HostProblem problem(S, setting.shape, plan, seed++);
    if (c.nans) plant_nans(problem);
    HostRun run;
    run.workers = 1;
    run.architecture = emu::architecture_name(setting.architecture);
    const auto expected = app::replay(problem, setting.architecture);
    for (int call = 0; call < (plan.splits > 1 ? 2 : 1); ++call) {
      launch_altered<S, G, TileN>(problem, run);
      campaign::expect_equal(problem.y, expected,
                             kernel_name(S) + " tile " + std::to_string(TileN) + ": " + c.why);
    }
  }
}

template <KernelSpec S, Generation G, int TileN>
void check_if_compiled() {
  if constexpr (TileN >= narrowest_batch_tile(G) && TileN <= widest_batch_tile(G)) check_tile<S, G, TileN>();
}

template <KernelSpec S>
void check_spec() {
  if constexpr (LEVEL == 0) {
    check_tile<S, kGeneration, narrowest_batch_tile(kGeneration)>();
  } else {
    check_if_compiled<S, kGeneration, 8>();
    check_if_compiled<S, kGeneration, 16>();
    check_if_compiled<S, kGeneration, 32>();
    check_if_compiled<S, kGeneration, 64>();
    check_if_compiled<S, kGeneration, 128>();
  }
}

constexpr auto specs() {
  if constexpr (LEVEL == 0) {
    return std::array{campaign::kRowScales};
  } else if constexpr (LEVEL == 1) {
    return campaign::kFewSpecs;
  } else if constexpr (LEVEL == 2) {
    return campaign::kOtherSpecs;
  } else {
    return campaign::kManySpecs;
  }
}

template <std::size_t... I>
void check_specs(std::index_sequence<I...>) {
  (check_spec<specs()[I]>(), ...);
}

}  // namespace
}  // namespace fp6sim::kernels::inline FP6SIM_BUILD

int main() {
  using namespace fp6sim::kernels;
  return campaign::verdict([] { check_specs(std::make_index_sequence<specs().size()>()); });
}
