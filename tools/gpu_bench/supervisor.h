// Keeps a worker going: what crashes or hangs is given up, everything else is measured.
#pragma once

#include <functional>
#include <string>

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

/// What the worker tells its supervisor.
class Announcer {
 public:
  explicit Announcer(int pipe) : pipe_(pipe) {}
  void journal(const std::string& file) const { say('J', file); }
  void begin(const std::string& key) const { say('B', key); }
  void end() const { say('E', ""); }
  void done(int code) const { say('C', std::to_string(code)); }

 private:
  void say(char what, const std::string& text) const;
  int pipe_;
};

/// How a worker ends by itself.
enum WorkerExit : int {
  kAllDone = 0,
  kSomeFailed = 1,  ///< nothing is left to try
  kOutOfTime = 3,   ///< work is left
  kStartAgain = 4,  ///< its last item failed, and the device may be the worse for it
  kUnusable = 2,    ///< no device, or no journal: starting again would not help
};

/// Runs `worker` in a process of its own, with no thread or device of the caller's in it. A worker that dies,
/// or takes longer than options.item_limit_s over an item (or over starting), has that item marked as failed
/// in its journal and is started again; so is one that ends with kStartAgain. Returns the last worker's exit
/// code: kAllDone, kSomeFailed, kOutOfTime or kUnusable. `worker` announces its code before it lets go of the
/// device, which may not survive that; it is told whether it is the first.
int supervise(const Options& options, const std::function<void(const Announcer&, bool first)>& worker);

}  // namespace fp6sim::bench
