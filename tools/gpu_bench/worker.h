// Measures, one item after the other, what the journal lacks.
#pragma once

#include <chrono>
#include <functional>

#include "tools/gpu_bench/device.h"
#include "tools/gpu_bench/supervisor.h"

namespace fp6sim::bench {

struct Session {
  const Options& options;
  const std::vector<Layer>& layers;
  std::string date;                                    ///< of a new journal
  std::string program;                                 ///< this binary, for --ncu
  const std::chrono::steady_clock::time_point& begin;  ///< of the time that options limit
};

/// Opens the device, goes on with its journal (or starts one), measures and writes the report every few
/// seconds and at the end. Returns how it ended; prints to standard error what it does and, last, a summary.
/// An item that fails is written down; where the device is the worse for it, it ends the worker with
/// kStartAgain.
int run_worker(const Session& session, const Announcer& announcer,
               const std::function<std::unique_ptr<Device>(const Options&)>& open_device);

}  // namespace fp6sim::bench
