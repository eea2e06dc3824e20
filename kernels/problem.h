// A GEMM with random operands, for checks, traces and benchmarks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/gemm.h"

namespace fp6sim::kernels {

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
