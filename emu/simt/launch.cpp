#include "emu/simt/launch.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "emu/simt/cta.h"
#include "emu/trace/recorder.h"

namespace fp6sim::simt {
namespace {

std::string text(Dim3 d) {
  return std::to_string(d.x) + " x " + std::to_string(d.y) + " x " + std::to_string(d.z);
}

void check_config(const LaunchConfig& config) {
  const std::string kernel = "kernel " + config.kernel_name + ": ";
  const auto& [grid, block] = std::pair(config.grid, config.block);
  if (config.kernel_name.empty()) throw Error("a launch needs a kernel name");
  if (grid.count() == 0 || grid.x > 0x7FFFFFFFu || grid.y > 65535 || grid.z > 65535) {
    throw Error(kernel + "grid " + text(grid) + ": 1..2147483647 x 1..65535 x 1..65535");
  }
  if (block.count() == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 ||
      block.count() > std::min(1024u, config.limits.threads_per_block)) {
    throw Error(kernel + "block " + text(block) + ": 1.." +
                std::to_string(std::min(1024u, config.limits.threads_per_block)) + " threads, z at most 64");
  }
  if (config.dynamic_shared_bytes > config.limits.shared_bytes_per_block) {
    throw Error(kernel + std::to_string(config.dynamic_shared_bytes) + " bytes of shared memory: at most " +
                std::to_string(config.limits.shared_bytes_per_block) + " per CTA");
  }
}

trace::LaunchInfo launch_info(const Launch& launch) {
  const LaunchConfig& config = launch.config;
  const auto dim = [](Dim3 d) { return trace::Dim{d.x, d.y, d.z}; };
  trace::LaunchInfo info;
  info.kernel = config.kernel_name;
  info.origin = "recorded";
  info.architecture = config.architecture;
  info.grid = dim(config.grid);
  info.block = dim(config.block);
  info.registers_per_thread = config.registers_per_thread;
  info.shared_bytes = config.dynamic_shared_bytes;
  info.buffers = launch.buffers.trace_buffers();
  return info;
}

/// The failure of the lowest-numbered CTA that failed. CTAs above it need not run.
class FirstFailure {
 public:
  bool spares(std::uint64_t index) const { return index > lowest_.load(); }
  void add(std::uint64_t index, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (index >= lowest_.load()) return;
    lowest_ = index;
    failure_ = std::move(failure);
  }
  void rethrow() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::atomic<std::uint64_t> lowest_{std::numeric_limits<std::uint64_t>::max()};
  std::exception_ptr failure_;
};

/// CTAs are handed out in ascending order, so whatever a CTA waits for in a lower one has started.
void work(Launch& launch, FirstFailure& failure) {
  const std::uint64_t ctas = launch.config.grid.count();
  std::uint64_t index = 0;
  try {
    StackPool stacks;
    Cta cta(launch, stacks);
    for (;;) {
      ++launch.running_workers;
      index = launch.next_cta++;
      if (index >= ctas || failure.spares(index)) break;
      try {
        cta.run(index);
        if (launch.config.recorder != nullptr) launch.config.recorder->add_cta(index, cta.take_program());
      } catch (...) {
        failure.add(index, std::current_exception());
        break;
      }
      ++launch.activity;
      --launch.running_workers;
    }
    ++launch.activity;
    --launch.running_workers;
  } catch (...) {
    failure.add(index, std::current_exception());  // no memory for the CTA itself
  }
}

}  // namespace

LaunchStatistics launch_threads(const LaunchConfig& config, const std::function<void()>& kernel) {
  check_config(config);
  Launch launch{config,
                kernel,
                BufferMap(config.buffers),
                emu::architecture_by_name(config.architecture),
                GlobalShadow(config),
                {}};
  const std::uint64_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::uint64_t workers = std::min(config.grid.count(), config.workers == 0 ? cores : config.workers);

  if (config.recorder != nullptr) config.recorder->begin_launch(launch_info(launch));
  FirstFailure failure;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 1; i < workers; ++i) threads.emplace_back([&] { work(launch, failure); });
    work(launch, failure);
  }
  failure.rethrow();
  if (config.recorder != nullptr) config.recorder->end_launch();
  return {config.grid.count(), launch.mma_steps.load()};
}

}  // namespace fp6sim::simt
