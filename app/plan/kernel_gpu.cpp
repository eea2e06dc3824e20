#include "app/plan/kernel_gpu.h"

#include <array>
#include <string_view>
#include <utility>

#include "emu/error.h"

namespace fp6sim::app {

kernels::Gpu kernel_gpu(const sim::GpuDescription& description) {
  static constexpr std::array<std::pair<std::string_view, int>, 4> kCapabilities{
      {{"ampere", 80}, {"ada", 89}, {"hopper", 90}, {"blackwell", 100}}};
  for (const auto& [architecture, capability] : kCapabilities) {
    if (description.architecture != architecture) continue;
    kernels::Gpu gpu;
    gpu.compute_capability = capability;
    gpu.sm_count = description.sm.count;
    gpu.shared_bytes_per_sm = static_cast<std::size_t>(description.sm.shared_memory_bytes);
    gpu.shared_bytes_per_block =
        static_cast<std::size_t>(description.sm.shared_memory_bytes - description.sm.shared_reserved_bytes);
    return gpu;
  }
  throw Error("our kernels need an ampere, ada, hopper or blackwell GPU; " + description.name + " is " +
              description.architecture);
}

}  // namespace fp6sim::app
