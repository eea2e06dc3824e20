#include "app/workers/mpi_executor.h"

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <thread>

#include "app/workers/framing.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

namespace mpi = boost::mpi;
using std::chrono::steady_clock;

enum Tag { kTask = 1, kReply, kAlive, kEnd };
constexpr auto kHeartbeat = std::chrono::milliseconds(500);
constexpr auto kSilence = std::chrono::seconds(5);

/// What rank 0 knows of another rank.
struct Rank {
  int number = 0;
  std::map<std::uint64_t, Task> in_flight;
  steady_clock::time_point heard = steady_clock::now();
  bool alive = true;
};

class MpiExecutor : public Executor {
 public:
  MpiExecutor(mpi::communicator& world, WorkerPool& pool) : world_(world), pool_(pool) {
    for (int number = 1; number < world.size(); ++number)
      ranks_.push_back({number, {}, steady_clock::now(), true});
  }

  int parallelism() const override { return pool_.parallelism() * world_.size(); }

  void run(const std::function<std::optional<Task>()>& next,
           const std::function<void(const Task&, const Reply&)>& done) override {
    while (true) {
      const bool gave = give(next);
      if (!pool_.has_busy() && !remote_busy() && again_.empty()) return;
      if (pool_.has_busy()) {
        pool_.collect(gave ? 0 : 2, done);
      } else if (!gave) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      hear(done);
      find_lost();
    }
  }

  /// Tells the ranks to end. True where all of them are still there to say so.
  bool end() {
    const bool all = std::all_of(ranks_.begin(), ranks_.end(), [](const Rank& rank) { return rank.alive; });
    for (const Rank& rank : ranks_) {
      if (rank.alive) world_.send(rank.number, kEnd, all);
    }
    return all;
  }

 private:
  std::optional<Task> take(const std::function<std::optional<Task>()>& next) {
    if (!again_.empty()) {
      Task task = std::move(again_.front());
      again_.pop_front();
      return task;
    }
    return interrupted() ? std::nullopt : next();
  }

  bool give(const std::function<std::optional<Task>()>& next) {
    bool gave = false;
    while (pool_.has_idle()) {
      auto task = take(next);
      if (!task) return gave;
      pool_.start(std::move(*task));
      gave = true;
    }
    for (Rank& rank : ranks_) {
      // One more than it has workers, so that none of them waits for a message.
      while (rank.alive && rank.in_flight.size() <= static_cast<std::size_t>(pool_.parallelism())) {
        auto task = take(next);
        if (!task) return gave;
        world_.send(rank.number, kTask, std::make_pair(task->id, task->request));
        rank.in_flight.emplace(task->id, std::move(*task));
        gave = true;
      }
    }
    return gave;
  }

  bool remote_busy() const {
    return std::any_of(ranks_.begin(), ranks_.end(),
                       [](const Rank& rank) { return !rank.in_flight.empty(); });
  }

  void hear(const std::function<void(const Task&, const Reply&)>& done) {
    while (const auto status = world_.iprobe()) {
      Rank& rank = ranks_.at(static_cast<std::size_t>(status->source() - 1));
      rank.heard = steady_clock::now();
      if (!rank.alive) {  // stopped for a while, not dead: others have its points, it gets new ones
        rank.alive = true;
        std::fprintf(stderr, "fp6sim: rank %d is back\n", rank.number);
      }
      if (status->tag() == kAlive) {
        world_.recv(status->source(), kAlive);
        continue;
      }
      std::pair<std::uint64_t, std::string> message;
      world_.recv(status->source(), kReply, message);
      const auto task = rank.in_flight.find(message.first);
      if (task == rank.in_flight.end()) continue;  // it was thought lost, and another has the task
      const Task answered = std::move(task->second);
      rank.in_flight.erase(task);
      done(answered, unpack_reply(message.second));
    }
  }

  void find_lost() {
    const auto now = steady_clock::now();
    const bool was_away = now - listened_ > kHeartbeat;  // at a slow disk, say: their messages still wait
    listened_ = now;
    for (Rank& rank : ranks_) {
      if (was_away) rank.heard = now;
      if (!rank.alive || now - rank.heard < kSilence) continue;
      rank.alive = false;
      std::fprintf(stderr, "fp6sim: rank %d is silent: its %zu points go to others\n", rank.number,
                   rank.in_flight.size());
      for (auto& [id, task] : rank.in_flight) again_.push_back(std::move(task));
      rank.in_flight.clear();
    }
  }

  mpi::communicator& world_;
  WorkerPool& pool_;
  std::vector<Rank> ranks_;
  std::list<Task> again_;
  steady_clock::time_point listened_ = steady_clock::now();
};

/// Open MPI ends a job when one of its ranks dies, unless mpirun was told not to.
void advise_recovery() {
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr ||
      std::getenv("OMPI_MCA_orte_enable_recovery") != nullptr)
    return;
  std::fprintf(stderr,
               "fp6sim: mpirun ends this job if a rank is killed (run it again to go on); with mpirun "
               "--enable-recovery the other ranks go on\n");
}

/// A rank other than 0: tasks in, replies out, a sign of life now and then.
void serve_rank(mpi::communicator& world, WorkerPool& pool) {
  std::list<Task> waiting;
  auto spoke = steady_clock::now();
  const auto answer = [&](const Task& task, const Reply& reply) {
    world.send(0, kReply, std::make_pair(task.id, pack_reply(reply)));
    spoke = steady_clock::now();
  };
  while (true) {
    while (const auto status = world.iprobe(0)) {
      if (status->tag() == kEnd) {
        bool all_alive = true;
        world.recv(0, kEnd, all_alive);
        if (!all_alive) std::_Exit(0);  // MPI's own ending would wait for the dead for ever
        return;
      }
      std::pair<std::uint64_t, std::string> message;
      world.recv(0, kTask, message);
      waiting.push_back({message.first, std::move(message.second), 0});
    }
    while (!waiting.empty() && pool.has_idle()) {
      pool.start(std::move(waiting.front()));
      waiting.pop_front();
    }
    if (pool.has_busy()) {
      pool.collect(2, answer);
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (steady_clock::now() - spoke > kHeartbeat) {
      world.send(0, kAlive);
      spoke = steady_clock::now();
    }
  }
}

}  // namespace

void run_under_mpi(WorkerPool& pool, const std::function<void(Executor&)>& body) {
  mpi::environment environment(mpi::threading::single, false);
  mpi::communicator world;
  catch_interrupts();  // mpirun passes Ctrl-C on to every rank; rank 0 decides
  if (world.rank() != 0) return serve_rank(world, pool);
  advise_recovery();
  MpiExecutor executor(world, pool);
  try {
    body(executor);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fp6sim: %s\n", error.what());
    environment.abort(2);
  }
  if (!executor.end()) {
    std::fflush(nullptr);
    environment.abort(0);
    std::_Exit(0);  // under --enable-recovery MPI_Abort sometimes comes back
  }
}

}  // namespace fp6sim::app
