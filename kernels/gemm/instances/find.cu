// Finds a compiled kernel by what a plan asks for.
#include "kernels/gemm/instances.cuh"

namespace fp6sim::kernels::inline FP6SIM_BUILD {
namespace {

using File = std::span<const InstanceRows> (*)();
#define FP6SIM_LIST_INSTANCES(file) ampere_##file, hopper_##file, warpgroup_##file,
constexpr File kFiles[] = {FP6SIM_INSTANCE_FILES(FP6SIM_LIST_INSTANCES)};
#undef FP6SIM_LIST_INSTANCES

}  // namespace

const Instance* find_instance(const KernelSpec& spec, Generation generation, int tile_n) {
  for (const File file : kFiles) {
    for (const InstanceRows& rows : file()) {
      for (const Instance& instance : rows) {
        if (instance.generation == generation && instance.tile_n == tile_n && instance.spec == spec)
          return &instance;
      }
    }
  }
  return nullptr;
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
