// Hands a launch's CTAs to SMs: breadth first, then each free slot takes the next.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

class Grid {
 public:
  explicit Grid(const Launch& launch) : launch_(launch), unfinished_(launch.ctas()) {}

  const Launch& launch() const { return launch_; }
  /// The next CTA's number, or -1 where all have been handed out.
  std::int64_t take() { return next_ < launch_.ctas() ? next_++ : -1; }
  /// A CTA's results are in memory. Calls `on_done` with the last.
  void finished() {
    if (--unfinished_ == 0 && on_done) on_done();
  }
  std::function<void()> on_done;
  /// A CTA's partial sums are in memory. True for the last of its group, which goes on.
  bool last_to_join(const Join& join) { return ++joined_[join.group] == join.ctas; }

 private:
  const Launch& launch_;
  std::int64_t next_ = 0;
  std::int64_t unfinished_;
  std::map<std::int64_t, int> joined_;  // of each group, how many
};

}  // namespace fp6sim::sim
