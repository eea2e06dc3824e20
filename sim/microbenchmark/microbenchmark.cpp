#include "sim/microbenchmark/microbenchmark.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/memory_path/memory_system.h"
#include "sim/system/gpu_system.h"

namespace fp6sim::sim {
namespace {

/// CTAs that only read: `stages` requests one after the other (`in_flight` of them outstanding), each one
/// segment.
class ReadLaunch final : public Launch {
 public:
  std::int64_t cta_count = 1, stage_count = 1;
  int slots = 1, in_flight = 1;
  std::uint32_t piece = 32, pieces = 1;
  std::uint64_t stride = 0;
  double compute_cycles = 0;
  std::vector<std::uint64_t>
      chain;  ///< addresses of a chase; empty: CTA c, stage s reads at (c * stages + s) * bytes
  std::uint64_t wrap = UINT64_MAX;  ///< footprint: addresses are taken modulo it
  std::uint64_t read_base = 0;
  std::uint64_t write_base = 0;  ///< where a CTA writes as much as it read; 0: nowhere
  std::uint64_t stagger = 0;     ///< bytes between the places CTAs start from in a wrapped footprint
  std::uint64_t stage_stride =
      0;  ///< bytes from a stage's piece to the next one's; 0: they follow each other

  std::string name() const override { return "read"; }
  std::int64_t ctas() const override { return cta_count; }
  int ctas_per_sm() const override { return slots; }
  int stages_in_flight() const override { return in_flight; }
  std::int64_t stages(std::int64_t) const override { return stage_count; }
  StageRequest copy(std::int64_t cta, std::int64_t stage) const override {
    const std::uint64_t bytes = std::uint64_t{piece} * pieces;
    Segment segment;
    segment.bytes = piece;
    segment.count = pieces;
    segment.stride = piece;
    if (!chain.empty()) {
      segment.base = chain[static_cast<std::size_t>(stage)];
    } else if (stage_stride != 0) {
      segment.base = static_cast<std::uint64_t>(cta) * bytes % stage_stride +
                     static_cast<std::uint64_t>(stage) * stage_stride;
    } else if (stagger != 0) {
      segment.base =
          (static_cast<std::uint64_t>(cta) * stagger + static_cast<std::uint64_t>(stage) * bytes) % wrap;
    } else {
      segment.base = read_base + static_cast<std::uint64_t>(cta * stage_count + stage) * bytes % wrap;
    }
    StageRequest request;
    request.add(segment);
    return request;
  }
  StageRequest result(std::int64_t cta) const override {
    StageRequest request;
    if (write_base == 0) return request;
    request.write = true;
    Segment segment;
    segment.bytes = static_cast<std::uint32_t>(stage_count) * piece * pieces;
    segment.count = 1;
    segment.base = write_base + static_cast<std::uint64_t>(cta) * segment.bytes;
    request.add(segment);
    return request;
  }
  const StageWork& work() const override { return work_; }
  double epilogue_cycles() const override { return 0; }

 private:
  StageWork work_;
};

double run_cycles(const GpuDescription& gpu, MemorySystem& memory, const Launch& launch) {
  const RunOutcome outcome = run_launches(gpu, memory, {&launch}, nullptr);
  const Clock clock = Clock::from_mhz(gpu.sm.clock_mhz);
  return clock.to_cycles(outcome.end) -
         clock.to_cycles(static_cast<Time>(gpu.launch.first_us * kFemtosecondsPerMicrosecond)) -
         gpu.launch.cta_cycles;
}

}  // namespace

double pointer_chase_cycles(const GpuDescription& gpu, ChaseLevel level) {
  constexpr std::uint64_t kFootprint = std::uint64_t{1} << 30;
  constexpr std::size_t kLoads = 4000;
  MemorySystem memory(gpu, 128, kFootprint);
  const AddressMap map(gpu.dram, gpu.l2.slices, kFootprint);
  ReadLaunch launch;
  // SM 0 belongs to partition 0, and so do even slices.
  for (std::uint64_t i = 0; launch.chain.size() < kLoads; ++i) {
    const std::uint64_t line = level == ChaseLevel::kDram ? hash_bits(i + 1) % (kFootprint / 128) : i;
    const bool far = gpu.l2.partitions == 2 && map.place(line * 128).slice % 2 == 1;
    if (level == ChaseLevel::kL2Near && far) continue;
    if (level == ChaseLevel::kL2Far && !far) continue;
    launch.chain.push_back(line * 128);
    if (level == ChaseLevel::kDram) continue;
    Segment warm;
    warm.base = line * 128;
    warm.bytes = 128;
    warm.count = 1;
    memory.touch(warm);
  }
  launch.stage_count = static_cast<std::int64_t>(kLoads);
  return run_cycles(gpu, memory, launch) / static_cast<double>(kLoads);
}

double l2_read_bytes_per_cycle(const GpuDescription& gpu, double footprint_mb) {
  const auto footprint = static_cast<std::uint64_t>(footprint_mb * 1024 * 1024);
  MemorySystem memory(gpu, kMaxTransactionBytes, footprint);
  Segment all;
  all.bytes = 1 << 20;
  all.count = static_cast<std::uint32_t>(footprint >> 20);
  all.stride = 1 << 20;
  memory.touch(all);
  ReadLaunch launch;
  launch.slots = 2;
  launch.cta_count = std::int64_t{2} * gpu.sm.count;
  launch.stage_count = 96;
  launch.in_flight = 8;
  launch.piece = 4096;
  launch.wrap = footprint;
  launch.stagger = footprint / static_cast<std::uint64_t>(launch.cta_count) / 512 * 512;
  const double bytes = static_cast<double>(launch.cta_count * launch.stage_count) * launch.piece;
  return bytes / run_cycles(gpu, memory, launch);
}

double l2_footprint_gb_per_s(const GpuDescription& gpu, std::uint64_t bytes) {
  constexpr int kRows = 32;
  constexpr std::int64_t kPasses = 3, kWaves = 8;  // at least
  ReadLaunch launch;
  launch.piece = 8192;
  const auto in_row = static_cast<std::int64_t>(bytes / launch.piece / kRows);
  launch.stage_stride = static_cast<std::uint64_t>(in_row) * launch.piece;
  launch.slots = gpu.sm.max_threads / 1024;
  launch.stage_count = kRows;
  launch.in_flight = 8;
  MemorySystem memory(gpu, kMaxTransactionBytes, bytes);
  launch.cta_count = 2 * in_row;
  ReadLaunch measured = launch;
  measured.cta_count = std::max(kPasses * in_row, kWaves * launch.slots * gpu.sm.count);
  const RunOutcome outcome = run_launches(gpu, memory, {&launch, &measured}, nullptr);
  const double seconds = static_cast<double>(outcome.launches.back().duration) / kFemtosecondsPerSecond -
                         gpu.launch.dependent_us * 1e-6;
  return static_cast<double>(measured.cta_count * kRows) * measured.piece / seconds * 1e-9;
}

double stream_read_gb_per_s(const GpuDescription& gpu, double occupancy) {
  ReadLaunch launch;
  launch.slots = 2;
  launch.piece = static_cast<std::uint32_t>(std::max(1L, std::lround(occupancy * 32))) * 32 * 8;
  launch.cta_count = std::int64_t{256} * gpu.sm.count;
  const std::uint64_t bytes = static_cast<std::uint64_t>(launch.cta_count) * launch.piece;
  MemorySystem memory(gpu, kMaxTransactionBytes, bytes);
  const double cycles = run_cycles(gpu, memory, launch);
  return static_cast<double>(bytes) / cycles * gpu.sm.clock_mhz * 1e-3;
}

double dram_read_gb_per_s(const GpuDescription& gpu) {
  ReadLaunch launch;
  launch.slots = 8;
  launch.cta_count = std::int64_t{8} * gpu.sm.count;
  launch.stage_count = 64;
  launch.in_flight = 2;
  launch.piece = 4096;
  MemorySystem memory(gpu, kMaxTransactionBytes,
                      static_cast<std::uint64_t>(launch.cta_count * launch.stage_count) * launch.piece);
  const double cycles = run_cycles(gpu, memory, launch);
  return static_cast<double>(launch.cta_count * launch.stage_count) * launch.piece / cycles *
         gpu.sm.clock_mhz * 1e-3;
}

double memory_stream_gb_per_s(const GpuDescription& gpu, std::uint64_t bytes) {
  constexpr std::uint32_t kPiece = 4096;
  constexpr double kDepth = 4;  // times what DRAM's latency and bandwidth ask for
  const double latency_s =
      (gpu.l2.latency_cycles + gpu.l2.far_extra_cycles + gpu.dram.path_cycles) / gpu.sm.clock_mhz * 1e-6;
  const auto in_flight =
      static_cast<std::uint64_t>(kDepth * latency_s * gpu.dram.peak_bytes_per_s() / kPiece);
  MemorySystem memory(gpu, kMaxTransactionBytes, bytes);
  std::uint64_t next = 0;
  const auto ask = [&](std::uint16_t sm, Time at) {
    StageRequest request;
    request.sm = sm;
    request.add({next, 0, static_cast<std::uint32_t>(std::min<std::uint64_t>(kPiece, bytes - next)), 1, 1});
    next += kPiece;
    memory.submit(request, at);
  };
  for (std::uint64_t i = 0; i < in_flight && next < bytes; ++i)
    ask(static_cast<std::uint16_t>(i % static_cast<std::uint64_t>(gpu.sm.count)), 0);
  const Time quantum = memory.request_latency() - (Time{2} << TimingWheel::kSlotShift);
  std::vector<StageCompletion> done;
  Time end = 0;
  for (Time now = 0; !memory.idle(); now += quantum) {
    done.clear();
    memory.advance(now + quantum, done);
    for (const StageCompletion& completion : done) {
      end = std::max(end, completion.when);
      if (next < bytes) ask(completion.sm, std::max(completion.when, now));
    }
  }
  return static_cast<double>(bytes) / (static_cast<double>(end) / kFemtosecondsPerSecond) * 1e-9;
}

double dependent_kernel_us(const GpuDescription& gpu, std::uint64_t bytes) {
  constexpr int kLaunches = 4, kTimed = 2;   // the first ones find another state of the L2
  constexpr std::uint32_t kCtaBytes = 4096;  // 512 threads, 8 bytes each
  const std::uint64_t side = (bytes / 2 + kCtaBytes - 1) / kCtaBytes * kCtaBytes;
  const std::uint64_t second = (side >> 20 << 20) + (1 << 20);
  std::vector<ReadLaunch> kernels(kLaunches);
  std::vector<const Launch*> launches;
  for (int i = 0; i < kLaunches; ++i) {
    ReadLaunch& kernel = kernels[static_cast<std::size_t>(i)];
    kernel.slots = 4;
    kernel.piece = kCtaBytes;
    kernel.cta_count = static_cast<std::int64_t>(side / kCtaBytes);
    kernel.read_base = (i % 2 == 0 ? 1 : 2) * second;
    kernel.write_base = (i % 2 == 0 ? 2 : 1) * second;
    launches.push_back(&kernel);
  }
  MemorySystem memory(gpu, kMaxTransactionBytes, 4 * second);
  const RunOutcome outcome = run_launches(gpu, memory, launches, nullptr);
  Time timed = 0;
  for (int i = kLaunches - kTimed; i < kLaunches; ++i)
    timed += outcome.launches[static_cast<std::size_t>(i)].duration;
  return static_cast<double>(timed) / kTimed / kFemtosecondsPerMicrosecond;
}

double device_copy_gb_per_s(const GpuDescription& gpu) {
  ReadLaunch launch;
  launch.slots = 8;
  launch.piece = 8192;
  launch.cta_count = std::int64_t{300} * gpu.sm.count;
  const std::uint64_t bytes = static_cast<std::uint64_t>(launch.cta_count) * launch.piece;
  launch.write_base = (bytes >> 20 << 20) + (1 << 20);
  MemorySystem memory(gpu, kMaxTransactionBytes, 2 * launch.write_base);
  // The copy before this one left the ends of both arrays.
  for (std::uint64_t from =
           bytes - static_cast<std::uint64_t>(gpu.l2.size_bytes / 2) / launch.piece * launch.piece;
       from < bytes; from += launch.piece) {
    memory.touch({from, 0, launch.piece, 1, 1});
    memory.touch({launch.write_base + from, 0, launch.piece, 1, 1}, true);
  }
  const double cycles = run_cycles(gpu, memory, launch);
  // What the L2 still holds has not been written yet: count what crossed the DRAM interface.
  const DramCounters moved = memory.dram_counters();
  return static_cast<double>(moved.read_bytes + moved.write_bytes) / cycles * gpu.sm.clock_mhz * 1e-3;
}

}  // namespace fp6sim::sim
