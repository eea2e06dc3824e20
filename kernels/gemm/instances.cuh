// Turns kernel templates into table rows that are found at run time.
#pragma once

#include <array>
#include <span>
#include <string>

#include "kernels/device/launch.cuh"
#include "kernels/gemm/gemm_ampere.cuh"
#include "kernels/gemm/gemm_hopper.cuh"
#include "kernels/gemm/gemm_warpgroup.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

/// One compiled kernel.
struct Instance {
  KernelSpec spec;
  Generation generation;
  int tile_n;
  std::string (*launch)(const GemmParameters&, const LaunchShape&, Target&);
};

template <KernelSpec S, Generation G, int TileN>
std::string launch_instance(const GemmParameters& parameters, const LaunchShape& shape, Target& target) {
  using T = Tile<S, TileN, G>;
  if constexpr (G == Generation::kAmpere) {
    return launch(gemm_ampere<T>, shape, target, parameters);
  } else if constexpr (G == Generation::kHopper) {
    return launch(gemm_hopper<T>, shape, target, parameters);
  } else {
    return launch(gemm_warpgroup<T>, shape, target, parameters);
  }
}

template <KernelSpec S, Generation G, int... TileN>
constexpr std::array<Instance, sizeof...(TileN)> instances_of() {
  static_assert(((TileN >= narrowest_batch_tile(G) && TileN <= widest_batch_tile(G)) && ...));
  return {Instance{S, G, TileN, launch_instance<S, G, TileN>}...};
}

/// The instances of one spec: every batch tile of kBatchTiles that the generation takes.
template <KernelSpec S, Generation G>
inline constexpr auto kInstances = instances_of<S, G, 8, 16, 32, 64>();
template <KernelSpec S>
inline constexpr auto kInstances<S, Generation::kAmpere> =
    instances_of<S, Generation::kAmpere, 8, 16, 32, 64, 128>();
template <KernelSpec S>
inline constexpr auto kInstances<S, Generation::kWarpgroup> =
    instances_of<S, Generation::kWarpgroup, 64, 128>();

/// Rows of one translation unit (a file of kernels/gemm/instances/): one spec each.
using InstanceRows = std::span<const Instance>;

/// Every table, one function a file and generation.
#define FP6SIM_INSTANCE_FILES(apply)                                                              \
  apply(w6_e3m2) apply(w6_e3m2_splits) apply(w6_e2m3) apply(w6_groups) apply(w6_groups_splits)    \
      apply(w6_e2m3_groups) apply(w6_e2m3_groups_splits) apply(w5) apply(w5_groups) apply(w4_row) \
          apply(w4_g128) apply(w4_fine) apply(w8)

#define FP6SIM_DECLARE_INSTANCES(file)           \
  std::span<const InstanceRows> ampere_##file(); \
  std::span<const InstanceRows> hopper_##file(); \
  std::span<const InstanceRows> warpgroup_##file();
FP6SIM_INSTANCE_FILES(FP6SIM_DECLARE_INSTANCES)
#undef FP6SIM_DECLARE_INSTANCES

/// The instance of a plan, or null.
const Instance* find_instance(const KernelSpec& spec, Generation generation, int tile_n);

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
