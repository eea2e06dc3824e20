// Running many independent pieces of work: who does it (local processes, MPI ranks) is behind one interface.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace fp6sim::app {

/// One piece of work, as text: the worker's function maps `request` to a reply and nothing else passes
/// between them.
struct Task {
  std::uint64_t id = 0;
  std::string request;
  int attempts = 0;  ///< workers that died on it, counted by the executor
};

struct Reply {
  bool done = false;   ///< false: `text` says why
  bool lost = false;   ///< not done because its workers died, not because the work function threw
  std::string text;    ///< what the work function returned, or the complaint
  double seconds = 0;  ///< spent in the work function
};

/// What a worker does. Runs in another process: it sees the program's state as it was when the executor was
/// made. A thrown std::exception becomes a Reply that is not done.
using WorkFunction = std::function<std::string(const std::string& request)>;

class Executor {
 public:
  virtual ~Executor() = default;

  /// Asks `next` for tasks until it gives none while nothing is in flight, and calls `done` once for each, in
  /// order of completion, always in the calling thread. `next` may give none and later some again (a search
  /// that waits for results). A worker's death re-gives its task to another; a task that killed two workers
  /// is answered as not done. Returns early, with tasks in flight answered first, after interrupted() has
  /// become true.
  virtual void run(const std::function<std::optional<Task>()>& next,
                   const std::function<void(const Task&, const Reply&)>& done) = 0;

  /// Pieces of work that can be in progress at once.
  virtual int parallelism() const = 0;
};

/// From the first call on, SIGINT and SIGTERM ask for a clean end instead of ending the process; a second one
/// ends it.
void catch_interrupts();
bool interrupted();

/// A task that has ended so many workers is given up.
inline constexpr int kMostAttempts = 2;

}  // namespace fp6sim::app
