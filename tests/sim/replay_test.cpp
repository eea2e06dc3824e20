// Replaying recorded kernels: bytes by hand, the same every time, and near what the kernel's description
// predicts.
#include "sim/replay/replay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "emu/error.h"
#include "emu/simt/device.h"
#include "emu/simt/launch.h"
#include "emu/trace/writer.h"
#include "kernels/host_run.h"

namespace fp6sim::sim {
namespace {

double counter(const GemmResult& result, const std::string& name) {
  for (const Counter& c : result.counters) {
    if (c.name == name) return c.value;
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

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
  const GemmResult result = replay(load_gpu("a100-sxm-40g"), trace::Reader(path_));
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
    const GemmResult result = replay(gpu, trace);
    const double weights = 4096.0 * 4096 * 6 / 8;
    EXPECT_GE(counter(result, "dram_read_bytes"), weights) << name;
    EXPECT_LE(counter(result, "dram_read_bytes"), 1.2 * weights)
        << name;  // and activations, scales, partial sums
    EXPECT_GE(result.time_us, weights / gpu.dram.peak_bytes_per_s() * 1e6) << name;
    EXPECT_EQ(counter(result, "tensor_fma"), 4096.0 * 4096 * 8) << name;
    EXPECT_EQ(replay(gpu, trace).cycles, result.cycles) << name;
    // Two models of one kernel: its recorded instructions and its description. They agree within a quarter.
    const GemmResult described =
        simulate_gemm(gpu, load_kernel("w6a16"), load_design("simt"), {4096, 4096, 8});
    EXPECT_NEAR(result.time_us / described.time_us, 1, 0.25) << name;
  }
}

using Access = std::pair<trace::Event, std::vector<trace::SectorRun>>;

Access access(trace::Op op, std::vector<trace::SectorRun> runs = {}) {
  trace::Event e;
  e.op = op;
  e.lanes = 32;
  e.value = 32;  // threads of a barrier
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

TEST_F(Replay, ADeadlockIsRefusedWithItsPosition) {
  trace::Writer writer(path_);
  Access lonely = access(trace::Op::kBarrierSync);
  lonely.first.barrier = 3;
  lonely.first.value = 64;
  write_launch(writer, {{access(trace::Op::kGlobalLoad, {{0, 4, 0}}), lonely}, {}});
  writer.finish();
  try {
    replay(load_gpu("a100-sxm-40g"), trace::Reader(path_));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("launch 0 (k), class 0, warp 0, event 1: deadlock"), std::string::npos)
        << error.what();
  }
}

TEST_F(Replay, CtasTheGpuCannotHoldAreRefused) {
  record_kernel(load_gpu("h100-sxm"), "w6a16", {128, 512, 64});
  GpuDescription small = load_gpu("a100-sxm-40g");
  small.sm.shared_memory_bytes = 16 * 1024;
  try {
    replay(small, trace::Reader(path_));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot hold a CTA of w6a16: shared memory"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace fp6sim::sim
