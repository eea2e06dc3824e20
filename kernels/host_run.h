// The kernels on a CPU: the same source and template arguments nvcc compiles, run by emu/simt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "emu/simt/launch.h"
#include "kernels/gemm.h"

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

/// The launch of checked arguments: grid, threads, shared memory and every buffer the kernel may touch.
simt::LaunchConfig launch_config(const GemmArguments& arguments, const HostRun& run);

/// Random weights, scales and activations of one GEMM with room for its output and workspace, all aligned:
/// what verify, traces and benchmarks run on. The same seed gives the same bits everywhere.
struct HostProblem {
  HostProblem(const KernelSpec& spec, const GemmShape& shape, const Plan& plan, std::uint64_t seed);

  /// Pointers into this object; y is filled with NaN so that an output nobody wrote shows.
  GemmArguments arguments();
  /// The weight a kernel multiplies with, RN16(value * scale), from the codes rather than from the packed
  /// words.
  std::uint16_t weight(std::int64_t row, std::int64_t column) const;

  KernelSpec spec;
  GemmShape shape;
  Plan plan;
  /// The packed words, for tests that damage them.
  std::span<std::byte> packed();

  std::vector<std::uint8_t> codes;    ///< [m, k]
  std::vector<std::uint16_t> scales;  ///< [m, k/group], of the activation's type
  std::vector<std::uint8_t> zeros;
  std::vector<std::uint16_t> x;  ///< [n, k]
  std::vector<std::uint16_t> y;  ///< [n, m]

 private:
  struct alignas(128) Line {
    std::byte bytes[128];
  };
  std::vector<Line> packed_;
  std::size_t packed_bytes_ = 0;
  std::vector<Line> workspace_;
};

}  // namespace fp6sim::kernels
