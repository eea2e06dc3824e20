// Timing of launches that follow each other, each on buffers of its own.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <functional>

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

/// Time of launch(copy) for copy = 0 .. copies-1 and again, at least a dozen launches in all, captured once
/// into a CUDA graph and replayed: the median of `repeats` replays (of five at least, where they take long),
/// per launch.
Timing time_launches(cudaStream_t stream, int copies, int repeats,
                     const std::function<void(int copy)>& launch);

/// How many copies of `bytes` make a rotation through which nothing survives in L2: at least 4 times its size
/// in all. 1 for warm.
int copies_for(std::size_t bytes, const Machine& machine, bool warm);

/// SM clock in MHz, measured over about a millisecond of work.
double measure_clock_mhz(cudaStream_t stream);

/// Random words; and a read-only reduction of `bytes` (a multiple of 16), the yardstick of memory-bound
/// kernels.
void fill_random(cudaStream_t stream, void* start, std::size_t bytes, unsigned seed);
/// Random finite halves of magnitude 2^-7 .. 2^-3: scales and activations, or FP16 weights.
void fill_halves(cudaStream_t stream, void* start, std::size_t bytes, unsigned seed);
void launch_reduction(cudaStream_t stream, const void* start, std::size_t bytes, unsigned* sum,
                      const Machine& machine);

}  // namespace fp6sim::bench
