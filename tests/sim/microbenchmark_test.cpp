// The microbenchmarks of ../shared/facts/targets.csv, made in the simulator with the same access pattern: 3
// %, and 8 % for bandwidth against occupancy. Measured values are repeated here with their source so that the
// test needs no other file.
#include "sim/microbenchmark/microbenchmark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <ostream>
#include <string>

namespace fp6sim::sim {
namespace {

struct Target {
  const char* gpu;
  const char* quantity;
  double measured;
  double tolerance;
  std::function<double(const GpuDescription&)> simulate;
};

void PrintTo(const Target& target, std::ostream* out) {
  *out << target.gpu << ": " << target.quantity;
}

/// GoogleTest's names take letters and digits only.
std::string name_of(const testing::TestParamInfo<Target>& info) {
  std::string name;
  for (const char c : std::string(info.param.gpu) + " " + info.param.quantity) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  return name;
}

class Microbenchmark : public testing::TestWithParam<Target> {};

TEST_P(Microbenchmark, IsWhatTheCardShows) {
  const Target& target = GetParam();
  const double simulated = target.simulate(load_gpu(target.gpu));
  EXPECT_NEAR(simulated / target.measured, 1, target.tolerance)
      << target.gpu << " " << target.quantity << ": simulated " << simulated << ", measured "
      << target.measured;
}

auto chase(ChaseLevel level) {
  return [level](const GpuDescription& gpu) { return pointer_chase_cycles(gpu, level); };
}
auto stream(double occupancy) {
  return [occupancy](const GpuDescription& gpu) { return stream_read_gb_per_s(gpu, occupancy); };
}
auto footprint(std::uint64_t kilobytes) {
  return [kilobytes](const GpuDescription& gpu) { return l2_footprint_gb_per_s(gpu, kilobytes * 1024); };
}
auto dependent(std::uint64_t bytes) {
  return [bytes](const GpuDescription& gpu) { return dependent_kernel_us(gpu, bytes); };
}
auto l2_read(double megabytes) {
  return [megabytes](const GpuDescription& gpu) { return l2_read_bytes_per_cycle(gpu, megabytes); };
}

INSTANTIATE_TEST_SUITE_P(
    Targets, Microbenchmark,
    testing::Values(
        Target{"a100-sxm-80g", "L2 near latency, RRZE", 205, 0.03, chase(ChaseLevel::kL2Near)},
        Target{"a100-sxm-80g", "L2 far latency, RRZE", 390, 0.03, chase(ChaseLevel::kL2Far)},
        Target{"a100-sxm-80g", "DRAM latency, RRZE", 552, 0.03, chase(ChaseLevel::kDram)},
        Target{"a100-sxm-80g", "L2 read bandwidth, RRZE", 3840, 0.03, l2_read(20)},
        Target{"a100-sxm-40g", "DRAM read bandwidth, RRZE", 1500, 0.03, dram_read_gb_per_s},
        Target{"a100-sxm-80g", "DRAM read bandwidth, RRZE", 1876, 0.03, dram_read_gb_per_s},
        Target{"a100-sxm-40g", "occupancy 50 %, RRZE", 1064, 0.08, stream(0.5)},
        Target{"a100-sxm-40g", "occupancy 25 %, RRZE", 592, 0.08, stream(0.25)},
        Target{"a100-sxm-40g", "occupancy 12.5 %, RRZE", 310, 0.08, stream(0.125)},
        Target{"a100-sxm-40g", "occupancy 75 %, RRZE", 1372, 0.08, stream(0.75)},
        Target{"a100-sxm-40g", "occupancy 100 %, RRZE", 1500, 0.08, stream(1)},
        // Two partitions, each with copies of what its SMs read from the other: 28 MB of 40 stay.
        Target{"a100-sxm-80g", "footprint of 28 MB, RRZE", 5170, 0.05, footprint(28160)},
        Target{"a100-sxm-80g", "footprint of 37 MB, RRZE", 3004, 0.15, footprint(36864)},
        Target{"a100-sxm-80g", "footprint of 44 MB, RRZE", 2188, 0.15, footprint(44032)},
        Target{"a100-sxm-80g", "footprint of 53 MB, RRZE", 1945, 0.05, footprint(52736)},
        // An L40 with its 96 MB: all hits below, and few 12 % above.
        Target{"l40s", "footprint of 92 MB, RRZE", 5243, 0.08, footprint(91648)},
        Target{"l40s", "footprint of 110 MB, RRZE", 1075, 0.08, footprint(110080)},
        Target{"l40s", "footprint of 121 MB, RRZE", 880, 0.1, footprint(120832)},
        Target{"l40s", "footprint of 133 MB, RRZE", 850, 0.05, footprint(132608)},
        // Kernels that wait for each other: the launch alone, then DRAM.
        Target{"a100-sxm-80g", "dependent kernels of 64 KB, RRZE", 2.62, 0.1, dependent(65536)},
        Target{"a100-sxm-80g", "dependent kernels of 106 MB, RRZE", 65.5, 0.1, dependent(105816432)},
        Target{"a100-sxm-80g", "dependent kernels of 363 MB, RRZE", 211.9, 0.05, dependent(362520848)},
        Target{"h200", "dependent kernels of 64 KB, RRZE", 2.43, 0.1, dependent(65536)},
        Target{"l40s", "dependent kernels of 64 KB, L40, RRZE", 1.64, 0.1, dependent(65536)},
        Target{"h100-pcie", "L2 near latency, HPMLL", 264, 0.03, chase(ChaseLevel::kL2Near)},
        Target{"h100-pcie", "L2 far latency, Luo", 414, 0.03, chase(ChaseLevel::kL2Far)},
        Target{"h100-pcie", "DRAM latency, HPMLL", 657, 0.03, chase(ChaseLevel::kDram)},
        Target{"h100-pcie", "L2 read bandwidth, RRZE", 3960, 0.03, l2_read(25)},
        Target{"h100-pcie", "DRAM read bandwidth, RRZE", 1970, 0.03, dram_read_gb_per_s},
        Target{"h100-sxm", "device copy", 3000, 0.03, device_copy_gb_per_s},
        Target{"h200", "device copy", 4300, 0.03, device_copy_gb_per_s},
        Target{"v100-sxm", "L2 latency, RRZE", 212, 0.03, chase(ChaseLevel::kL2)},
        Target{"v100-sxm", "DRAM latency, RRZE", 434, 0.03, chase(ChaseLevel::kDram)},
        Target{"rtx4090", "L2 latency, HPMLL", 285, 0.03, chase(ChaseLevel::kL2)},
        Target{"rtx4090", "DRAM latency, HPMLL", 572, 0.03, chase(ChaseLevel::kDram)}),
    name_of);

// The closed form: what refresh leaves of the peak, after the first answer's latency.
TEST(MemoryStream, ReachesWhatRefreshLeavesOfThePeakOnEveryGpu) {
  for (const std::string& name : gpu_names()) {
    const GpuDescription gpu = load_gpu(name);
    // 100 MB, and at least twenty refreshes of every channel.
    const double bytes = std::max(1e8, 20 * gpu.dram.refi_ns * 1e-9 * gpu.dram.sustained_bytes_per_s());
    const double cycles = gpu.l2.latency_cycles + gpu.dram.path_cycles;
    const double seconds = bytes / gpu.dram.sustained_bytes_per_s() + cycles / gpu.sm.clock_mhz * 1e-6;
    EXPECT_NEAR(memory_stream_gb_per_s(gpu, static_cast<std::uint64_t>(bytes)) / (bytes / seconds * 1e-9), 1,
                0.01)
        << name;
  }
}

// Described, not simulated, since nothing contends for them in a dependent chain: the descriptions hold the
// measured values.
TEST(Descriptions, HoldTheMeasuredLatenciesInsideAnSm) {
  const GpuDescription a100 = load_gpu("a100-sxm-80g");
  EXPECT_NEAR(a100.sm.shared_latency_cycles, 29, 0.5);
  EXPECT_NEAR(a100.sm.l1_latency_cycles, 33, 0.5);
  EXPECT_NEAR(a100.sm.mma_latency_cycles, 24.6, 0.05);
  const GpuDescription h100 = load_gpu("h100-pcie");
  EXPECT_NEAR(h100.sm.l1_latency_cycles, 32, 0.5);
  EXPECT_NEAR(h100.sm.mma_latency_cycles, 24.1, 0.05);
  EXPECT_NEAR(100 * h100.sm.tensor_fma / h100.sm.warpgroup_tensor_fma, 62.9, 0.1);
}

}  // namespace
}  // namespace fp6sim::sim
