#include "app/workers/worker_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "app/workers/framing.h"
#include "emu/error.h"

namespace fp6sim::app {
namespace {

[[noreturn]] void serve(int socket, const WorkFunction& work) {
  std::string request;
  while (read_frame(socket, request)) {
    const auto start = std::chrono::steady_clock::now();
    Reply reply;
    try {
      reply.text = work(request);
      reply.done = true;
    } catch (const std::exception& error) {
      reply.text = error.what();
    }
    reply.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!write_frame(socket, pack_reply(reply))) break;
  }
  ::_exit(0);  // not exit(): the parent's buffers and handlers were copied and are the parent's to run
}

// Enough tasks wait in a worker's socket to last it while this process is busy or off its processor.
constexpr double kSecondsAhead = 0.05;
constexpr std::size_t kFewestAhead = 2, kMostAhead = 32;
constexpr double kNewShare = 0.2;  // of a reply in the running mean

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("was killed by signal ") + strsignal(WTERMSIG(status));
  return "ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

int available_processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return 1;
}

WorkerPool::WorkerPool(int jobs, WorkFunction work) : work_(std::move(work)), workers_(jobs) {
  assert(jobs >= 1);
  for (Worker& worker : workers_) spawn(worker);
}

WorkerPool::~WorkerPool() {
  for (Worker& worker : workers_) {
    if (worker.socket >= 0) ::close(worker.socket);
    if (worker.pid > 0 && !worker.tasks.empty()) ::kill(worker.pid, SIGKILL);  // nobody waits for its answer
  }
  for (Worker& worker : workers_) {
    if (worker.pid > 0) ::waitpid(worker.pid, nullptr, 0);
  }
}

void WorkerPool::spawn(Worker& worker) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    throw Error(std::string("cannot make a socket pair for a worker process: ") + std::strerror(errno));
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw Error(std::string("cannot start a worker process: ") + std::strerror(errno));
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);  // the parent ended in between
    ::signal(SIGINT, SIG_IGN);              // Ctrl-C reaches the whole group; the parent decides
    ::signal(SIGTERM, SIG_DFL);
    for (const Worker& other : workers_) {
      if (other.socket >= 0) ::close(other.socket);
    }
    ::close(pair[0]);
    serve(pair[1], work_);
  }
  ::close(pair[1]);
  worker = Worker{};
  worker.pid = pid;
  worker.socket = pair[0];
}

void WorkerPool::bury(Worker& worker) {
  ::close(worker.socket);
  worker.socket = -1;
}

std::size_t WorkerPool::tasks_ahead() const {
  const double tasks = std::min(kSecondsAhead / std::max(mean_seconds_, 1e-6), 1.0 * kMostAhead);
  return std::max(kFewestAhead, static_cast<std::size_t>(tasks));
}

bool WorkerPool::has_idle() const {
  const std::size_t ahead = tasks_ahead();
  return std::any_of(workers_.begin(), workers_.end(),
                     [ahead](const Worker& w) { return w.tasks.size() < ahead; });
}

bool WorkerPool::has_busy() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return !w.tasks.empty(); });
}

bool WorkerPool::give(Worker& worker, Task task) {
  if (!write_frame(worker.socket, task.request)) return false;
  worker.tasks.push_back(std::move(task));
  return true;
}

void WorkerPool::start(Task task) {
  assert(has_idle());
  Worker& worker = *std::min_element(workers_.begin(), workers_.end(), [](const Worker& a, const Worker& b) {
    return a.tasks.size() < b.tasks.size();
  });
  if (give(worker, task)) return;
  if (!worker.tasks
           .empty()) {  // it died at work: collect() sees to that, and gives this one out again with it
    worker.tasks.push_back(std::move(task));
    return;
  }
  bury(worker);
  ::waitpid(worker.pid, nullptr, 0);
  spawn(worker);
  if (!give(worker, std::move(task))) throw Error("a fresh worker process does not take work");
}

bool WorkerPool::read_reply(Worker& worker, Task& task, Reply& reply) {
  const FrameState state = append_available(worker.socket, worker.received);
  std::string frame;
  if (take_frame(worker.received, frame)) {
    reply = unpack_reply(frame);
    mean_seconds_ += kNewShare * (reply.seconds - mean_seconds_);
    task = std::move(worker.tasks.front());
    worker.tasks.pop_front();
    return true;
  }
  if (state == FrameState::kOpen) return false;
  // The worker is gone and left no whole reply: its first task may be why, the one behind it was not begun.
  bury(worker);
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  std::deque<Task> tasks = std::move(worker.tasks);
  spawn(worker);
  bool answered = false;
  if (++tasks.front().attempts >= kMostAttempts) {
    task = std::move(tasks.front());
    tasks.pop_front();
    reply = {false, true, "its worker process " + how_it_ended(status) + ", as did the one before", 0};
    answered = true;
  }
  for (Task& next : tasks) {
    if (!give(worker, std::move(next))) throw Error("a fresh worker process does not take work");
  }
  return answered;
}

void WorkerPool::collect(int timeout_ms, const std::function<void(const Task&, const Reply&)>& done) {
  std::vector<pollfd> polled;
  std::vector<Worker*> owners;
  for (Worker& worker : workers_) {
    if (worker.tasks.empty()) continue;
    polled.push_back({worker.socket, POLLIN, 0});
    owners.push_back(&worker);
  }
  if (::poll(polled.data(), polled.size(), timeout_ms) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents == 0) continue;
    Task task;
    Reply reply;
    while (!owners[i]->tasks.empty() && read_reply(*owners[i], task, reply)) done(task, reply);
  }
}

void WorkerPool::run(const std::function<std::optional<Task>()>& next,
                     const std::function<void(const Task&, const Reply&)>& done) {
  while (true) {
    while (!interrupted() && has_idle()) {
      auto task = next();
      if (!task) break;
      start(std::move(*task));
    }
    if (!has_busy() || (interrupted() && drop_when_interrupted_)) return;
    collect(200, done);
  }
}

std::vector<pid_t> WorkerPool::process_ids() const {
  std::vector<pid_t> ids;
  for (const Worker& worker : workers_) ids.push_back(worker.pid);
  return ids;
}

}  // namespace fp6sim::app
