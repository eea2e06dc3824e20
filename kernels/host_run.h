// The kernels on a CPU: the same source and template arguments nvcc compiles, run by emu/simt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "emu/simt/launch.h"
#include "kernels/gemm.h"
#include "kernels/problem.h"

namespace fp6sim::kernels {

struct HostRun {
  std::string architecture = "ampere";  ///< whose tensor core: a name of emu/mma
  trace::Recorder* recorder = nullptr;  ///< takes a trace when set
  unsigned workers = 0;  ///< CTAs at a time; 0: one per core. Traces of a split K that must not depend
                         ///< on timing need 1
  bool check_races = true;
};

/// Runs arguments (host memory) as gemm() would on a GPU. Throws fp6sim::Error with check()'s message, and
/// simt::Violation for what the kernel did wrong.
simt::LaunchStatistics run_on_host(const GemmArguments& arguments, const HostRun& run);

/// The parts of packed weights as buffers of their own, so that a trace can say how each moves from CTA to
/// CTA.
std::vector<simt::Buffer> packed_parts(const void* packed, const PackedLayout& layout);

/// The launch of checked arguments: grid, threads, shared memory and every buffer the kernel may touch.
simt::LaunchConfig launch_config(const GemmArguments& arguments, const HostRun& run);

}  // namespace fp6sim::kernels
