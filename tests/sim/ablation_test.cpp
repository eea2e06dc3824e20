// "Where did the time go", held to what it promises: a resource made infinitely fast saves no more than its
// share, and nothing where it has none.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "sim/simulate.h"

namespace fp6sim::sim {
namespace {

constexpr double kVeryFast = 1e9;

struct Machine {
  GpuDescription gpu;
  KernelDescription kernel;
  DesignDescription design;

  GemmResult run(const GemmShape& shape) const { return simulate_gemm(gpu, kernel, design, shape); }
};

struct Resource {
  const char* name;
  bool in_memory_path;
  std::function<void(Machine&)> make_infinitely_fast;
};

const std::vector<Resource> kResources{
    {"dram", true,
     [](Machine& m) {
       DramDescription& dram = m.gpu.dram;  // the unloaded access, tRCD + CL, is latency
       dram.mega_transfers *= 1000;
       dram.rp_ns = dram.ras_ns = dram.rrd_ns = dram.faw_ns = dram.ccd_long_ns = 0;
       dram.wtr_ns = dram.rtw_ns = dram.wr_ns = dram.rfc_ns = 0;
     }},
    {"l2", true, [](Machine& m) { m.gpu.l2.slice_bytes_per_cycle = m.gpu.sm.fill_bytes_per_cycle = 1024; }},
    {"latency", true,
     [](Machine& m) {
       m.gpu.l2.latency_cycles = 4;  // the memory path's look-ahead needs a little
       m.gpu.l2.far_extra_cycles = m.gpu.dram.path_cycles = m.gpu.dram.rcd_ns = m.gpu.dram.cl_ns = 0;
       SmDescription& sm = m.gpu.sm;
       sm.barrier_cycles = sm.shared_latency_cycles = sm.alu_latency_cycles = sm.mma_latency_cycles = 0;
     }},
    {"shared-memory", false,
     [](Machine& m) {
       m.gpu.sm.shared_bytes_per_cycle = kVeryFast;
       m.gpu.sm.memory_issue_cycles = 0;
       m.kernel.instructions.epilogue_cycles_per_output = 0;
     }},
    {"issue", false,
     [](Machine& m) {
       m.gpu.sm.issue_per_cycle = kVeryFast;
       m.kernel.instructions.overhead_per_tile = 0;
     }},
    {"dequantisation", false,
     [](Machine& m) {
       m.gpu.sm.integer_lanes = m.gpu.sm.half2_lanes = kVeryFast;
       m.kernel.instructions.integer_per_weight = m.kernel.instructions.half2_per_weight = 0;
       m.kernel.counted = {};
       // A slice's unit has few weights at a time, and gives as many as the port takes.
       if (m.design.lanes > 0 && m.design.placement != Placement::kL2) m.design.lanes = 1 << 14;
       m.design.latency_cycles = 0;
     }},
    {"tensor-core", false,
     [](Machine& m) { m.gpu.sm.tensor_fma = m.gpu.sm.warpgroup_tensor_fma = kVeryFast; }},
    {"launch", false,
     [](Machine& m) { m.gpu.launch.first_us = m.gpu.launch.dependent_us = m.gpu.launch.cta_cycles = 0; }},
};

double share_of(const GemmResult& result, const std::string& name) {
  for (const StackEntry& entry : result.stack) {
    if (entry.name == name) return entry.share;
  }
  ADD_FAILURE() << "no share " << name;
  return NAN;
}

struct Case {
  std::string gpu, kernel, design;
  GemmShape shape;
};

void PrintTo(const Case& run, std::ostream* out) {
  *out << run.gpu << " " << run.kernel << " " << run.design << " " << run.shape.m << "x" << run.shape.k
       << " batch " << run.shape.n;
}

class InfinitelyFast : public testing::TestWithParam<Case> {};

TEST_P(InfinitelyFast, SavesNoMoreThanItsShare) {
  const Case& run = GetParam();
  const Machine machine{load_gpu(run.gpu), load_kernel(run.kernel), load_design(run.design)};
  const GemmResult base = machine.run(run.shape);
  double sum = 0, memory_path = 0;
  for (const StackEntry& entry : base.stack) sum += entry.share;
  EXPECT_NEAR(sum, 1, 1e-12);
  for (const Resource& resource : kResources) {
    if (resource.in_memory_path) memory_path += share_of(base, resource.name);
  }
  for (const Resource& resource : kResources) {
    Machine fast = machine;
    resource.make_infinitely_fast(fast);
    const GemmResult result = fast.run(run.shape);
    if (result.tile != base.tile || result.split_k != base.split_k) continue;  // the library chose anew
    const double share = share_of(base, resource.name);
    const double saved = 1 - result.time_us / base.time_us;
    // A copy may wait in two queues of the memory path one after the other, and a shorter wait in either
    // would have been hidden; the wait is charged once, divided between them. So much may come from the
    // other's share.
    const double exposed = resource.in_memory_path ? (memory_path - share) / 2 : 0;
    EXPECT_LE(saved, share + exposed + 0.02) << resource.name << ": share " << share;
    if (share < 0.005 && exposed < 0.005) {
      EXPECT_NEAR(saved, 0, 0.02) << resource.name;
    }
    RecordProperty(resource.name, std::to_string(share) + " " + std::to_string(saved));
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* gpu : {"a100-sxm-40g", "h100-sxm"}) {
    for (const char* kernel :
         {"w6a16", "tc-fpx-w6a16", "trtllm-w4a16-fine", "marlin-w4a16-g128", "cublas-fp16"}) {
      for (const GemmShape& shape : {GemmShape{8192, 8192, 8}, GemmShape{5120, 5120, 64}})
        all.push_back({gpu, kernel, "simt", shape});
    }
    all.push_back({gpu, "tc-fpx-w6a16", "simt", {4096, 4096, 256}});
    all.push_back({gpu, "trtllm-w4a16-fine", "simt", {4096, 8192, 256}});
    for (const char* design : {"smem", "copy", "l2", "native"})
      all.push_back({gpu, "w6a16", design, {5120, 5120, 16}});
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<Case>& named) {
  const Case& run = named.param;
  std::string name = run.gpu + "_" + run.kernel + "_" + run.design + "_" + std::to_string(run.shape.m) + "_" +
                     std::to_string(run.shape.n);
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Resources, InfinitelyFast, testing::ValuesIn(cases()), name_of);

}  // namespace
}  // namespace fp6sim::sim
