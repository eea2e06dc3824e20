// Worker processes on this machine, fed through socket pairs.
#pragma once

#include <sys/types.h>

#include <vector>

#include "app/work/executor.h"

namespace fp6sim::app {

/// Forks its workers when made (do that before starting threads) and again when one dies. The simulator's SystemC
/// context is one a process, hence processes. Workers end with this process, however it ends.
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

  /// One turn of run(): waits at most `timeout_ms` for replies. For executors that have other things to wait for.
  void start(Task task);
  bool has_idle() const;
  bool has_busy() const;
  void collect(int timeout_ms, const std::function<void(const Task&, const Reply&)>& done);

  /// The workers' process ids (a test kills one).
  std::vector<pid_t> process_ids() const;

 private:
  struct Worker {
    pid_t pid = -1;
    int socket = -1;
    bool busy = false;
    Task task;
    std::string received;
  };
  void spawn(Worker& worker);
  void bury(Worker& worker);
  bool read_reply(Worker& worker, Reply& reply);

  WorkFunction work_;
  std::vector<Worker> workers_;
};

/// Processors this process may run on.
int available_processors();

}  // namespace fp6sim::app
