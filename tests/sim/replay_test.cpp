// Replaying recorded kernels: bytes by hand, the same every time, and near what the kernel's description
// predicts.
#include "sim/replay/replay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "emu/error.h"
#include "emu/simt/device.h"
#include "emu/simt/launch.h"
#include "emu/trace/writer.h"
#include "kernels/host_run.h"
#include "tests/sim/counters.h"

namespace fp6sim::sim {
namespace {

class Replay : public testing::Test {
 protected:
  void SetUp() override {
    path_ =
        (std::filesystem::temp_directory_path() / ("fp6sim_replay_" + std::to_string(getpid()) + ".trace"))
            .string();
  }
  void TearDown() override { std::filesystem::remove(path_); }

  void record_kernel(const GpuDescription& gpu, const char* name, const kernels::GemmShape& shape) {
    kernels::Gpu target;
    target.compute_capability = gpu.architecture == "hopper" ? 90 : 80;
    target.sm_count = gpu.sm.count;
    target.shared_bytes_per_sm = static_cast<std::size_t>(gpu.sm.shared_memory_bytes);
    const auto spec = kernels::kernel_by_name(name);
    kernels::Plan plan;
    ASSERT_TRUE(kernels::choose_plan(spec, shape, target, plan).ok());
    kernels::HostProblem problem(spec, shape, plan, 1);
    trace::Writer writer(path_);
    kernels::HostRun run;
    run.recorder = &writer;
    run.architecture = gpu.architecture;
    run.workers = 1;
    kernels::run_on_host(problem.arguments(), run);
    writer.finish();
  }

  std::string path_;
};

TEST_F(Replay, EverySectorOfACopyIsAccountedFor) {
  // 40 CTAs copy 16 KB each, all distinct: reads are exactly the buffer, writes too.
  constexpr unsigned kCtas = 40, kWords = 4096;
  std::vector<std::uint32_t> in(kCtas * kWords), out(in.size());
  trace::Writer writer(path_);
  simt::LaunchConfig config;
  config.kernel_name = "copy";
  config.grid = {kCtas};
  config.block = {128};
  config.recorder = &writer;
  config.buffers = {simt::read_only("in", in.data(), in.size()),
                    simt::read_write("out", out.data(), out.size())};
  simt::launch(
      config,
      [](const std::uint32_t* from, std::uint32_t* to) {
        for (unsigned i = simt::thread_idx().x; i < kWords; i += 128) {
          const unsigned at = simt::block_idx().x * kWords + i;
          simt::store_global(to + at, simt::load_global(from + at));
        }
      },
      in.data(), out.data());
  writer.finish();
  const ReplayResult result = replay(load_gpu("a100-sxm-40g"), load_design("simt"), trace::Reader(path_));
  EXPECT_EQ(counter(result, "dram_read_bytes"), in.size() * 4);
  EXPECT_EQ(counter(result, "l2_read_sectors"), in.size() / 8);
  EXPECT_EQ(counter(result, "l2_write_sectors"), out.size() / 8);
  EXPECT_EQ(result.ctas, static_cast<int>(kCtas));
  double shares = 0;
  for (const auto& entry : result.stack) shares += entry.share;
  EXPECT_NEAR(shares, 1, 1e-9);
}

TEST_F(Replay, KernelsReadTheirWeightsOnceAndComeNearTheirDescription) {
  for (const char* name : {"a100-sxm-40g", "h100-sxm"}) {
    const GpuDescription gpu = load_gpu(name);
    record_kernel(gpu, "w6a16", {4096, 4096, 8});
    const trace::Reader trace(path_);
    const ReplayResult result = replay(gpu, load_design("simt"), trace);
    const double weights = 4096.0 * 4096 * 6 / 8;
    EXPECT_GE(counter(result, "dram_read_bytes"), weights) << name;
    EXPECT_LE(counter(result, "dram_read_bytes"), 1.2 * weights)
        << name;  // and activations, scales, partial sums
    EXPECT_GE(result.time_us, weights / gpu.dram.peak_bytes_per_s() * 1e6) << name;
    EXPECT_EQ(counter(result, "tensor_fma"), 4096.0 * 4096 * 8) << name;
    EXPECT_EQ(replay(gpu, load_design("simt"), trace).cycles, result.cycles) << name;
    // Two models of one kernel: its recorded instructions and its description. They agree within a quarter.
    const GemmResult described =
        simulate_gemm(gpu, load_kernel("w6a16"), load_design("simt"), {4096, 4096, 8});
    EXPECT_NEAR(result.time_us / described.time_us, 1, 0.25) << name;
  }
}

/// Sectors of all runs of all CTAs, put together one CTA at a time.
struct Sectors {
  std::uint64_t read = 0, written = 0;
};
Sectors recorded_sectors(const trace::Reader& trace) {
  Sectors sum;
  for (std::uint64_t i = 0; i < trace.placements(0).size(); ++i) {
    for (const trace::Warp& warp : trace.cta(0, i).warps) {
      for (const trace::Event& e : warp.events) {
        const bool writes = e.op == trace::Op::kGlobalStore || e.op == trace::Op::kGlobalAtomic;
        for (std::uint32_t r = 0; r < e.run_count; ++r) {
          (writes ? sum.written : sum.read) += warp.runs[e.first_run + r].sectors;
        }
      }
    }
  }
  return sum;
}

TEST_F(Replay, EveryRecordedSectorIsAccountedForAndPartialSumsStayInTheL2) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  record_kernel(gpu, "w6a16", {1024, 1024, 8});  // split-K: four times four CTAs add up
  const trace::Reader trace(path_);
  const Sectors recorded = recorded_sectors(trace);
  const ReplayResult result = replay(gpu, load_design("simt"), trace);
  EXPECT_EQ(counter(result, "traced_read_sectors"), recorded.read);
  EXPECT_EQ(counter(result, "traced_write_sectors"), recorded.written);
  EXPECT_EQ(counter(result, "l2_read_sectors"), recorded.read - counter(result, "repeated_read_sectors"));
  EXPECT_EQ(counter(result, "l2_write_sectors"),
            recorded.written - counter(result, "repeated_write_sectors"));
  const double floor = 1024 * 1024 * 6 / 8 + 1024 * 2 + 1024 * 8 * 2;  // weights, scales, activations
  EXPECT_GE(counter(result, "dram_read_bytes"), floor);
  // A CTA that adds up reads its own part, 256 x 8 floats, before the replay has it written.
  EXPECT_LE(counter(result, "dram_read_bytes"), floor + 4 * 256 * 8 * 4);
  EXPECT_GE(result.time_us, floor / gpu.dram.peak_bytes_per_s() * 1e6);
}

using Access = std::pair<trace::Event, std::vector<trace::SectorRun>>;

Access access(trace::Op op, std::vector<trace::SectorRun> runs = {}, std::uint32_t integer = 0) {
  trace::Event e;
  e.op = op;
  e.lanes = 32;
  e.value = 32;  // threads of a barrier
  e.counts.integer = integer;
  return {e, std::move(runs)};
}

/// A launch of one CTA with these warps; buffers x and y of 1 MiB.
void write_launch(trace::Writer& writer, const std::vector<std::vector<Access>>& warps) {
  trace::LaunchInfo info;
  info.kernel = "k";
  info.block = {static_cast<std::uint32_t>(warps.size()) * 32, 1, 1};
  info.registers_per_thread = 32;
  info.buffers = {{"x", 1 << 20, 1ull << 32}, {"y", 1 << 20, (1ull << 32) + (1 << 20)}};
  writer.begin_launch(info);
  trace::Program program;
  program.lines = {"k.cu:1"};
  for (const auto& accesses : warps) {
    trace::Warp& warp = program.warps.emplace_back();
    for (auto [event, runs] : accesses) {
      event.first_run = static_cast<std::uint32_t>(warp.runs.size());
      event.run_count = static_cast<std::uint32_t>(runs.size());
      warp.runs.insert(warp.runs.end(), runs.begin(), runs.end());
      warp.events.push_back(event);
    }
    warp.events.push_back(access(trace::Op::kExit).first);
  }
  writer.add_cta(0, std::move(program));
  writer.end_launch();
}

TEST_F(Replay, TwoWarpsTakeAtLeastWhatTheirInstructionsNeed) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const auto cycles = [&](const std::vector<std::vector<Access>>& warps) {
    trace::Writer writer(path_);
    write_launch(writer, warps);
    writer.finish();
    return replay(gpu, load_design("simt"), trace::Reader(path_)).cycles;
  };
  const Access sync = access(trace::Op::kBarrierSync, {}, 3000),
               load = access(trace::Op::kGlobalLoad, {{0, 4, 0}}),
               store = access(trace::Op::kGlobalStore, {{0, 4, 1}});
  // 4 us until the launch runs at 1410 MHz, 320 cycles of a CTA; 2 warps x 2 x 3000 instructions x 32 lanes
  // over 64.
  constexpr std::uint64_t kLaunch = 5640 + 320, kInteger = 2 * 2 * 3000 * 32 / 64;
  EXPECT_GE(cycles({{sync, sync}, {sync, sync}}), kLaunch + kInteger);  // no global access at all
  EXPECT_GE(cycles({{sync, sync, store}, {sync, sync}}), kLaunch + kInteger);
  // A load is there a L2 latency (205) and the way to DRAM (216) later.
  EXPECT_GE(cycles({{load, sync, sync}, {sync, sync}}), kLaunch + kInteger + 205 + 216);
  EXPECT_GE(cycles({{sync, sync, load}, {sync, sync}}), kLaunch + kInteger + 205 + 216);
}

TEST_F(Replay, ScatteredWritesAreFoundWhereTheyWereWritten) {
  // The first launch writes irregular pieces, more than a request holds; the second reads exactly them, and
  // further ones of the same buffer that only it touches.
  std::vector<trace::SectorRun> pieces;
  std::int64_t at = 3, sectors = 0;
  for (std::uint32_t i = 0; i < 40; ++i) {
    pieces.push_back({at, 1 + i % 3, 1});
    sectors += 1 + i % 3;
    at += 7 + 5 * i;
  }
  auto more = pieces;
  more.push_back({0, 1, 1});
  more.push_back({at + 64, 2, 1});
  trace::Writer writer(path_);
  write_launch(writer, {{access(trace::Op::kGlobalStore, pieces)}});
  write_launch(writer, {{access(trace::Op::kGlobalLoad, more)}});
  writer.finish();
  const ReplayResult result = replay(load_gpu("a100-sxm-40g"), load_design("simt"), trace::Reader(path_));
  EXPECT_EQ(counter(result, "l2_write_sectors"), sectors);
  EXPECT_EQ(counter(result, "l2_hit_sectors") + counter(result, "l2_merged_sectors"), sectors);
  EXPECT_EQ(counter(result, "dram_read_bytes"), 3 * 32);
}

TEST_F(Replay, ADeadlockIsRefusedWithItsPosition) {
  trace::Writer writer(path_);
  Access lonely = access(trace::Op::kBarrierSync);
  lonely.first.barrier = 3;
  lonely.first.value = 64;
  write_launch(writer, {{access(trace::Op::kGlobalLoad, {{0, 4, 0}}), lonely}, {}});
  writer.finish();
  try {
    replay(load_gpu("a100-sxm-40g"), load_design("simt"), trace::Reader(path_));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("launch 0 (k), class 0 (CTA 0), warp 0, event 1: deadlock"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(Replay, RecordingsSayTheirRegistersAndSharedMemory) {
  for (const char* name : {"a100-sxm-40g", "h100-sxm"}) {
    record_kernel(load_gpu(name), "w6a16", {256, 512, 8});
    const trace::LaunchInfo& info = trace::Reader(path_).launches().front();
    EXPECT_EQ(info.registers_per_thread, name[0] == 'h' ? 64u : 72u);
    EXPECT_GT(info.shared_bytes, 4u * 256 * 64 * 6 / 8);  // four stages of weights and more
  }
}

TEST_F(Replay, LaunchesAddUpToTheWhole) {
  trace::Writer writer(path_);
  const Access load = access(trace::Op::kGlobalLoad, {{0, 400, 0}}),
               sync = access(trace::Op::kBarrierSync, {}, 900);
  write_launch(writer, {{load, sync}});
  write_launch(writer, {{load, sync, sync}});
  writer.finish();
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const ReplayResult result = replay(gpu, load_design("simt"), trace::Reader(path_));
  ASSERT_EQ(result.launches.size(), 2u);
  double shares = 0;
  for (const auto& entry : result.stack) shares += entry.share;
  EXPECT_NEAR(shares, 1, 1e-9);
  EXPECT_NEAR(result.launches[0].time_us + result.launches[1].time_us, result.time_us, 1e-9);
  EXPECT_EQ(counter(result.launches[0], "dram_read_bytes"), 400 * 32);
  EXPECT_EQ(counter(result.launches[1], "dram_read_bytes"), 0);  // the first launch left it in the L2
  EXPECT_EQ(counter(result, "warp_instructions"), counter(result.launches[0], "warp_instructions") +
                                                      counter(result.launches[1], "warp_instructions"));
}

/// Replayed with and without a unit, and the kernel's description likewise: what the unit changes agrees.
TEST_F(Replay, DesignsChangeAReplayAsTheyChangeTheDescription) {
  const GpuDescription gpu = load_gpu("h100-sxm");
  const GemmShape shape{4096, 8192, 8};
  record_kernel(gpu, "w6a16", {shape.m, shape.k, shape.n});
  const trace::Reader trace(path_);
  const auto simt = replay(gpu, load_design("simt"), trace);
  const double described = simulate_gemm(gpu, load_kernel("w6a16"), load_design("simt"), shape).time_us;
  for (const std::string& name : design_names()) {
    const auto result = replay(gpu, load_design(name), trace);
    const double ratio =
        simulate_gemm(gpu, load_kernel("w6a16"), load_design(name), shape).time_us / described;
    EXPECT_NEAR(result.time_us / simt.time_us, ratio, 0.2) << name;
    EXPECT_EQ(counter(result, "tensor_fma"), counter(simt, "tensor_fma")) << name;
    if (name == "simt") continue;
    // Nothing expands on the lanes: half the instructions and more are gone.
    EXPECT_LT(counter(result, "warp_instructions"), 0.6 * counter(simt, "warp_instructions")) << name;
    const bool wide = name == "copy" || name == "l2" || name == "memctrl";
    EXPECT_EQ(counter(result, "shared_bytes") > 1.5 * counter(simt, "shared_bytes"), wide) << name;
    const bool below = name == "l2" || name == "memctrl";
    EXPECT_EQ(counter(result, "crossbar_bytes") > 2 * counter(simt, "crossbar_bytes"), below) << name;
  }
}

TEST_F(Replay, DesignsNeedToKnowWhatExpands) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const auto complaint = [&] {
    try {
      replay(gpu, load_design("smem"), trace::Reader(path_));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  {
    trace::Writer writer(path_);
    write_launch(writer, {{access(trace::Op::kGlobalLoad, {{0, 4, 0}})}});
    writer.finish();
  }
  EXPECT_NE(complaint().find("launch 0 (k): design 'smem': the trace is imported"), std::string::npos)
      << complaint();
  // FP16 in shared memory: what lay in 60 KB a CTA no longer fits 90.
  GpuDescription small = load_gpu("a100-sxm-40g");
  small.sm.shared_memory_bytes = 90 * 1024;
  record_kernel(gpu, "w6a16", {256, 1024, 8});
  EXPECT_NO_THROW(replay(small, load_design("smem"), trace::Reader(path_)));
  try {
    replay(small, load_design("copy"), trace::Reader(path_));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot hold a CTA of w6a16 with design copy: shared memory"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(Replay, CtasTheGpuCannotHoldAreRefused) {
  record_kernel(load_gpu("h100-sxm"), "w6a16", {128, 512, 64});
  GpuDescription small = load_gpu("a100-sxm-40g");
  small.sm.shared_memory_bytes = 16 * 1024;
  try {
    replay(small, load_design("simt"), trace::Reader(path_));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot hold a CTA of w6a16: shared memory"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace fp6sim::sim
