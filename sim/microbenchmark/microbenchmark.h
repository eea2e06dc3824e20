// The measurements people make of a GPU, made in the simulator with the same access pattern.
#pragma once

#include <cstdint>

#include "sim/description/gpu_description.h"

namespace fp6sim::sim {

enum class ChaseLevel {
  kL2Near,  ///< lines resident in the chasing SM's own partition
  kL2Far,   ///< lines resident in the other partition (GPUs with two)
  kL2,      ///< resident lines of both
  kDram,    ///< lines no cache holds, over a wide footprint
};

/// Mean SM cycles of a dependent 32-byte load by one thread of SM 0.
double pointer_chase_cycles(const GpuDescription& gpu, ChaseLevel level);

/// Bytes an SM clock (all SMs together) of reads in a footprint of `footprint_mb` that the L2 holds; full
/// occupancy, 16-byte loads, every SM starting at another place.
double l2_read_bytes_per_cycle(const GpuDescription& gpu, double footprint_mb);

/// GB/s of CTAs that read a footprint again and again, 32 pieces of 8 KB each, CTAs one after the
/// other for three passes at least over a cache that has seen two (RRZE gpu-l2-cache): what is left past the
/// L2's size says how it replaces.
double l2_footprint_gb_per_s(const GpuDescription& gpu, std::uint64_t bytes);

/// GB/s of a kernel whose every thread reads one 8-byte element, two CTAs an SM filling `occupancy` (0 .. 1]
/// of its 2048 threads: little is in flight, a CTA's slot waits for its slowest element and the next launch,
/// so latency bounds it (RRZE gpu-stream).
double stream_read_gb_per_s(const GpuDescription& gpu, double occupancy);

/// GB/s of reads far larger than the L2 with plenty in flight (RRZE gpu-l2-cache past the cache).
double dram_read_gb_per_s(const GpuDescription& gpu);

/// GB/s of `bytes` streamed once through crossbar, L2 and DRAM alone: every SM's port asks for 4 KB at a
/// time, with enough under way to keep all channels busy; no kernel, no SystemC. From the first request to
/// the last answer.
double memory_stream_gb_per_s(const GpuDescription& gpu, std::uint64_t bytes);

/// Microseconds a kernel of a chain of dependent ones in a stream: each scales one buffer into another,
/// `bytes` read and written, one 8-byte element a thread, then the next goes the other way (RRZE
/// gpu-small-kernels).
double dependent_kernel_us(const GpuDescription& gpu, std::uint64_t bytes);

/// GB/s of a large copy after another, reads and writes counted.
double device_copy_gb_per_s(const GpuDescription& gpu);

}  // namespace fp6sim::sim
