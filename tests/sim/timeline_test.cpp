// Timelines as a viewer reads them: intervals nest, never overlap on a track, and add up to the counters.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "emu/error.h"
#include "emu/trace/writer.h"
#include "kernels/host_run.h"
#include "sim/decode_step.h"
#include "sim/memory_path/time.h"
#include "sim/replay/replay.h"
#include "tests/sim/counters.h"

namespace fp6sim::sim {
namespace {

namespace bj = boost::json;

struct Interval {
  std::int64_t start, end, cta, stage;  // femtoseconds
  std::string category, name;
};
/// Tracks by (SM, name), each in the file's order.
using Tracks = std::map<std::pair<std::int64_t, std::string>, std::vector<Interval>>;

Tracks read_timeline(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const bj::value document = bj::parse(text.str());
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> names;
  Tracks tracks;
  for (const bj::value& value : document.at("traceEvents").as_array()) {
    const bj::object& event = value.as_object();
    if (event.at("ph") == "M") {
      if (event.at("name") == "thread_name")
        names[{event.at("pid").as_int64(), event.at("tid").as_int64()}] =
            event.at("args").at("name").as_string();
      continue;
    }
    const auto femtoseconds = [&](const char* key) {
      return std::llround(event.at(key).to_number<double>() * 1e9);
    };
    const std::int64_t start = femtoseconds("ts");
    tracks[{event.at("pid").as_int64(), names.at({event.at("pid").as_int64(), event.at("tid").as_int64()})}]
        .push_back({start, start + femtoseconds("dur"), event.at("args").at("cta").as_int64(),
                    event.at("args").at("stage").as_int64(), std::string(event.at("cat").as_string()),
                    std::string(event.at("name").as_string())});
  }
  return tracks;
}

/// On each track an interval lies within the one that is open, or starts when that has ended.
void expect_nested(const Tracks& tracks) {
  for (const auto& [track, intervals] : tracks) {
    std::vector<const Interval*> open;
    std::int64_t last_start = 0;
    for (const Interval& i : intervals) {
      ASSERT_GT(i.end, i.start);
      ASSERT_GE(i.start, last_start) << track.second;
      last_start = i.start;
      while (!open.empty() && open.back()->end <= i.start) open.pop_back();
      if (!open.empty()) {
        ASSERT_LE(i.end, open.back()->end) << track.second << ": " << i.name << " in " << open.back()->name;
        ASSERT_EQ(i.cta, open.back()->cta) << track.second;
      }
      open.push_back(&i);
      ASSERT_LE(open.size(), i.category == "slot" || i.category == "warp" ? 3u : 1u) << track.second;
    }
  }
}

/// Cycles of all intervals of a category whose name starts so.
double cycles_of(const GpuDescription& gpu, const Tracks& tracks, const std::string& category,
                 const std::string& name) {
  std::int64_t sum = 0;
  for (const auto& [track, intervals] : tracks) {
    for (const Interval& i : intervals) {
      if (i.category == category && i.name.starts_with(name)) sum += i.end - i.start;
    }
  }
  return Clock::from_mhz(gpu.sm.clock_mhz).to_cycles(sum);
}

void expect_sums(const GpuDescription& gpu, const Tracks& tracks, const GemmResult& result) {
  const auto expect = [&](const char* category, const char* name, const char* wanted) {
    const double cycles = counter(result, wanted);
    EXPECT_NEAR(cycles_of(gpu, tracks, category, name), cycles, 1e-6 * cycles) << wanted;
  };
  expect("slot", "launch", "cta_launch_cycles");
  expect("slot", "copy wait", "cta_copy_wait_cycles");
  expect("slot", "compute", "cta_compute_cycles");
  expect("slot", "epilogue", "cta_epilogue_cycles");
  expect("pipe", "issue", "pipe_issue_cycles");
  expect("pipe", "integer and half2", "pipe_expand_cycles");
  expect("pipe", "shared memory", "pipe_shared_cycles");
  expect("pipe", "load/store", "pipe_memory_cycles");
  expect("pipe", "tensor core", "pipe_tensor_cycles");
}

/// Each warp of a CTA lives as long as the CTA, and what it does in a stage fills the stage.
void expect_full_warps(const Tracks& tracks, std::size_t warps) {
  std::map<std::int64_t, std::size_t> warps_of;
  for (const auto& [track, intervals] : tracks) {
    if (track.second.find("warp") == std::string::npos) continue;
    std::int64_t stage_end = 0, at = 0;
    for (const Interval& i : intervals) {
      if (i.name.starts_with("CTA")) {
        ++warps_of[i.cta];
      } else if (i.name.starts_with("stage")) {
        EXPECT_EQ(at, stage_end) << track.second << " before " << i.name;  // the stage before is full
        at = i.start;
        stage_end = i.end;
      } else if (i.stage >= 0) {
        EXPECT_EQ(i.start, at) << track.second << ": " << i.name;
        at = i.end;
      }
    }
    EXPECT_EQ(at, stage_end);
  }
  EXPECT_FALSE(warps_of.empty());
  for (const auto& [cta, count] : warps_of) EXPECT_EQ(count, warps) << cta;
}

class TimelineFile : public testing::Test {
 protected:
  void SetUp() override {
    const std::string base =
        (std::filesystem::temp_directory_path() / ("fp6sim_timeline_" + std::to_string(getpid()))).string();
    path_ = base + ".json";
    trace_ = base + ".trace";
  }
  void TearDown() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(trace_);
  }
  std::string path_, trace_;
};

TEST_F(TimelineFile, AGemmsIntervalsNestAndAddUp) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  gpu.sm.count = 8;
  for (const char* design : {"simt", "smem", "copy"}) {
    RunOptions options;
    options.timeline_path = path_;
    options.timeline_sms = 8;
    const GemmShape shape{1024, 2048, 16};  // several CTAs a slot, and a reduction
    KernelDescription kernel = load_kernel("tc-fpx-w6a16");
    kernel.instructions.overlap = 0.25;  // so that some of each phase shows
    const GemmResult result = simulate_gemm(gpu, kernel, load_design(design), shape, options);
    const Tracks tracks = read_timeline(path_);
    expect_nested(tracks);
    expect_sums(gpu, tracks, result);
    for (const char* phase : {"copy wait", "issue", "mma", "epilogue", "latency"})
      EXPECT_GT(cycles_of(gpu, tracks, "warp", phase), 0) << phase;
    EXPECT_EQ(cycles_of(gpu, tracks, "warp", "dequantise") > 0, std::string(design) == "simt");
  }
}

TEST_F(TimelineFile, EveryWarpsPhasesFillItsStages) {
  GpuDescription gpu = load_gpu("a100-sxm-40g");
  RunOptions options;
  options.timeline_path = path_;
  KernelDescription kernel = load_kernel("cublas-fp16");
  kernel.max_split = 1;
  const GemmResult result = simulate_gemm(gpu, kernel, load_design("simt"), {4096, 4096, 8}, options);
  ASSERT_EQ(result.split_k, 1);
  const Tracks tracks = read_timeline(path_);
  std::size_t warps = 0;
  for (const auto& [track, intervals] : tracks) warps += track.second.starts_with("slot 0 warp") ? 1 : 0;
  expect_full_warps(tracks, warps);
  for (const auto& [track, intervals] : tracks) {
    // Details of the first SM only.
    EXPECT_TRUE(track.first == 0 ||
                (intervals.front().category != "pipe" && intervals.front().category != "warp"));
  }
}

TEST_F(TimelineFile, AReplayShowsEachTracedWarp) {
  const GpuDescription gpu = load_gpu("h100-sxm");
  kernels::Gpu target;
  target.compute_capability = 90;
  target.sm_count = gpu.sm.count;
  target.shared_bytes_per_sm = static_cast<std::size_t>(gpu.sm.shared_memory_bytes);
  const auto spec = kernels::kernel_by_name("w6a16");
  const kernels::GemmShape shape{512, 1024, 8};
  kernels::Plan plan;
  ASSERT_TRUE(kernels::choose_plan(spec, shape, target, plan).ok());
  {
    kernels::HostProblem problem(spec, shape, plan, 1);
    trace::Writer writer(trace_);
    kernels::HostRun run;
    run.architecture = gpu.architecture;
    run.recorder = &writer;
    run.workers = 1;
    kernels::run_on_host(problem.arguments(), run);
    writer.finish();
  }
  ReplayOptions options;
  options.timeline_path = path_;
  options.timeline_sms = gpu.sm.count;
  const ReplayResult result = replay(gpu, load_design("simt"), trace::Reader(trace_), options);
  const Tracks tracks = read_timeline(path_);
  expect_nested(tracks);
  expect_sums(gpu, tracks, result);
  expect_full_warps(tracks, static_cast<std::size_t>(plan.threads / 32));
  // The last warp only copies: it never multiplies, and waits for those that do.
  const std::string producer = "slot 0 warp " + std::to_string(plan.threads / 32 - 1);
  bool found = false;
  for (const auto& [track, intervals] : tracks) {
    if (track.second != producer) continue;
    found = true;
    bool waits = false;
    for (const Interval& i : intervals) {
      EXPECT_NE(i.name, "mma");
      waits |= i.name == "other warps";
    }
    EXPECT_TRUE(waits);
  }
  EXPECT_TRUE(found);
}

TEST_F(TimelineFile, AStepsLaunchesFollowEachOther) {
  Workload model{"m", "", {}};
  for (const char* name : {"up", "down"}) {
    WorkloadLayer layer;
    layer.name = layer.label = name;
    layer.m = layer.k = 512;
    layer.count = layer.repeat = 2;
    model.layers.push_back(layer);
  }
  StepOptions options;
  options.timeline_path = path_;
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const StepResult step = simulate_step(gpu, load_kernel("w6a16"), load_design("simt"), model, 4, options);
  const Tracks tracks = read_timeline(path_);
  expect_nested(tracks);
  std::int64_t last = 0;
  for (const auto& [track, intervals] : tracks) {
    for (const Interval& i : intervals) last = std::max(last, i.end);
  }
  EXPECT_NEAR(static_cast<double>(last) * 1e-9, step.total.time_us, 0.01 * step.total.time_us);
}

TEST_F(TimelineFile, AFileThatCannotBeWrittenIsNamed) {
  RunOptions options;
  options.timeline_path = "/nonexistent/t.json";
  try {
    simulate_gemm(load_gpu("a100-sxm-40g"), load_kernel("w6a16"), load_design("simt"), {64, 64, 1}, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("timeline '/nonexistent/t.json'"), std::string::npos);
  }
}

}  // namespace
}  // namespace fp6sim::sim
