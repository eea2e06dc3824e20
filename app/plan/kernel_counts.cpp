#include "app/plan/kernel_counts.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <map>
#include <mutex>
#include <vector>

#include "emu/error.h"
#include "emu/packing/split.h"
#include "emu/trace/recorder.h"
#include "kernels/gemm.h"
#include "kernels/gemm/registers.h"
#include "kernels/gemm/tile.h"
#include "kernels/host_run.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;
using kernels::Generation;
using trace::Op;

constexpr std::int64_t kRows = 256, kShort = 512, kLong = 1024;  // one CTA

/// Sums of what all warps issued, and of the busiest warp that multiplies.
struct Sums {
  double integer = 0, half2 = 0, convert = 0, loads = 0, load_passes = 0, copies = 0, other = 0,
         other_a_warp = 0;

  Sums operator-(const Sums& less) const {
    return {integer - less.integer,
            half2 - less.half2,
            convert - less.convert,
            loads - less.loads,
            load_passes - less.load_passes,
            copies - less.copies,
            other - less.other,
            other_a_warp - less.other_a_warp};
  }
};

class Counter : public trace::Recorder {
 public:
  void begin_launch(const trace::LaunchInfo&) override {}
  void add_cta(std::uint64_t, trace::Program&& program) override {
    const std::lock_guard lock(mutex_);
    for (const trace::Warp& warp : program.warps) add(warp);
  }
  void end_launch() override {}
  const Sums& sums() const { return sums_; }

 private:
  void add(const trace::Warp& warp) {
    double other = 0;
    bool multiplies = false;
    for (const trace::Event& e : warp.events) {
      sums_.integer += e.counts.integer;
      sums_.half2 += e.counts.half2;
      sums_.convert += e.counts.convert;
      switch (e.op) {
        case Op::kSharedLoad:
        case Op::kMatrixLoad:
          sums_.loads += 1;
          sums_.load_passes += e.shared_passes;
          break;
        case Op::kMma:
          sums_.load_passes += e.shared_passes;
          multiplies = true;
          break;
        case Op::kAsyncCopy:
        case Op::kBulkCopy:
          sums_.copies += 1;
          break;
        case Op::kGlobalLoad:
        case Op::kGlobalStore:
        case Op::kGlobalAtomic:
        case Op::kSharedStore:
        case Op::kExit:
          break;  // not in the main loop
        default:
          other += 1;
      }
    }
    sums_.other += other;
    if (multiplies) sums_.other_a_warp = std::max(sums_.other_a_warp, other);
  }

  std::mutex mutex_;
  Sums sums_;
};

/// Of the main loop's part that the long run has and the short one has not.
Sums count(const kernels::KernelSpec& spec, int capability, int tile_n) {
  Counter counters[2];
  for (const int run : {0, 1}) {
    kernels::Gpu gpu;
    gpu.compute_capability = capability;
    const kernels::GemmShape shape{kRows, run == 0 ? kShort : kLong, tile_n};
    kernels::Plan plan;
    if (const auto status = kernels::choose_plan(spec, shape, gpu, plan, 1); !status.ok())
      throw Error(status.message);
    kernels::HostProblem problem(spec, shape, plan, 1);
    kernels::HostRun host;
    host.recorder = &counters[run];
    host.check_races = false;
    if (capability >= 90) host.architecture = "hopper";
    kernels::run_on_host(problem.arguments(), host);
  }
  return counters[1].sums() - counters[0].sums();
}

/// A number as JSON writes it shortest.
bj::value shortest(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) == value) return whole;
  return value;
}

bj::object expansion(const kernels::KernelSpec& spec, int capability) {
  const Sums sums = count(spec, capability, 8);
  constexpr double kWeights = static_cast<double>(kRows * (kLong - kShort)) / 32;
  bj::object counts{{"integer_per_weight", shortest(sums.integer / kWeights)},
                    {"half2_per_weight", shortest(sums.half2 / kWeights)}};
  if (sums.convert != 0) counts["convert_per_weight"] = shortest(sums.convert / kWeights);
  return counts;
}

bj::object loop(const kernels::KernelSpec& spec, Generation generation, int tile_n) {
  const Sums sums = count(spec, kernels::capability_for(generation), tile_n);
  constexpr double kTiles = static_cast<double>(kLong - kShort) / kernels::kTileK;
  return {{"m", kernels::kTileM},
          {"k", kernels::kTileK},
          {"loads", shortest(sums.loads / kTiles)},
          {"load_passes", shortest(sums.load_passes / kTiles)},
          {"copies", shortest(sums.copies / kTiles)},
          {"other", shortest(sums.other / kTiles)},
          {"other_a_warp", shortest(sums.other_a_warp / kTiles)}};
}

bj::object loops(const kernels::KernelSpec& spec) {
  static constexpr std::pair<const char*, Generation> kGenerations[] = {
      {"ampere", Generation::kAmpere},
      {"hopper", Generation::kHopper},
      {"warpgroup", Generation::kWarpgroup}};
  bj::object by_generation;
  for (const auto& [name, generation] : kGenerations) {
    bj::object by_tile;
    for (const int tile_n : kernels::kBatchTiles) {
      if (tile_n < kernels::narrowest_batch_tile(generation) ||
          tile_n > kernels::widest_batch_tile(generation))
        continue;
      by_tile[std::to_string(tile_n)] = loop(spec, generation, tile_n);
    }
    by_generation[name] = std::move(by_tile);
  }
  return by_generation;
}

bj::array tiles(const kernels::KernelSpec& spec) {
  bj::array all;
  for (const int tile_n : kernels::kBatchTiles) {
    all.push_back(
        {{"m", kernels::kTileM},
         {"k", kernels::kTileK},
         {"n", tile_n},
         {"threads", kernels::cta_threads(Generation::kAmpere, tile_n)},
         {"stages", kernels::kStages},
         {"registers", kernels::registers_per_thread(Generation::kAmpere, tile_n)},
         {"shared_kb",
          shortest(static_cast<double>(kernels::shared_bytes(spec, tile_n, Generation::kAmpere)) / 1024)},
         {"derived", "kernels/gemm/tile.h and registers.h, the kernel of compute capability 8"}});
  }
  return all;
}

}  // namespace

bj::object kernel_counts(const std::string& name) {
  const kernels::KernelSpec own = kernels::kernel_by_name(name);
  bj::object splits;
  for (const kernels::KernelSpec& spec : kernels::kernel_specs()) {
    if (kernels::kernel_name(spec) != name) continue;
    const bool half = spec.activation == kernels::Activation::kFp16;
    const std::string_view split = emu::name(spec.split);
    if (!splits.contains(split)) splits[split] = bj::object{};
    splits[split].as_object()[half ? "fp16" : "bf16"] =
        bj::object{{"ampere", expansion(spec, 80)}, {"hopper", expansion(spec, 90)}};
  }
  return {{"name", name}, {"splits", std::move(splits)}, {"loop", loops(own)}, {"tiles", tiles(own)}};
}

}  // namespace fp6sim::app
