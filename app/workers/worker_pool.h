// Worker processes on this machine, fed through socket pairs.
#pragma once

#include <sys/types.h>

#include <deque>
#include <vector>

#include "app/workers/executor.h"

namespace fp6sim::app {

/// Forks its workers when made (do that before starting threads) and again when one dies. The simulator's
/// SystemC context is one a process, hence processes. Workers end with this process, however it ends.
class WorkerPool : public Executor {
 public:
  /// jobs >= 1.
  WorkerPool(int jobs, WorkFunction work);
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void run(const std::function<std::optional<Task>()>& next,
           const std::function<void(const Task&, const Reply&)>& done) override;
  int parallelism() const override { return static_cast<int>(workers_.size()); }

  /// One turn of run(): waits at most `timeout_ms` for replies. For executors that have other things to wait
  /// for. A worker counts as idle while it has room for tasks in advance, so that it never waits for this
  /// process to store a result.
  void start(Task task);
  bool has_idle() const;
  bool has_busy() const;
  void collect(int timeout_ms, const std::function<void(const Task&, const Reply&)>& done);

  /// From now on run() returns at once after interrupted() has become true; tasks in flight go unanswered.
  /// Without this they are finished first.
  void drop_when_interrupted() { drop_when_interrupted_ = true; }

  /// The workers' process ids (a test kills one).
  std::vector<pid_t> process_ids() const;

 private:
  struct Worker {
    pid_t pid = -1;
    int socket = -1;
    std::deque<Task> tasks;  ///< the first is being worked on, the others wait in the socket
    std::string received;
  };
  /// Tasks a worker may have, the one at work included.
  std::size_t tasks_ahead() const;
  void spawn(Worker& worker);
  void bury(Worker& worker);
  bool give(Worker& worker, Task task);
  /// True where `task` is answered by `reply`.
  bool read_reply(Worker& worker, Task& task, Reply& reply);

  WorkFunction work_;
  bool drop_when_interrupted_ = false;
  double mean_seconds_ = 1;  ///< a task took lately
  std::vector<Worker> workers_;
};

/// Processors this process may run on.
int available_processors();

}  // namespace fp6sim::app
