#include "app/work/worker_pool.h"

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

#include "app/work/framing.h"
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
    if (worker.pid > 0 && worker.busy) ::kill(worker.pid, SIGKILL);  // nobody waits for its answer
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

bool WorkerPool::has_idle() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return !w.busy; });
}

bool WorkerPool::has_busy() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.busy; });
}

void WorkerPool::start(Task task) {
  for (Worker& worker : workers_) {
    if (worker.busy) continue;
    ++task.attempts;
    if (!write_frame(worker.socket, task.request)) {  // it died while idle
      bury(worker);
      ::waitpid(worker.pid, nullptr, 0);
      spawn(worker);
      if (!write_frame(worker.socket, task.request)) throw Error("a fresh worker process does not take work");
    }
    worker.busy = true;
    worker.task = std::move(task);
    return;
  }
  assert(false && "start() needs has_idle()");
}

bool WorkerPool::read_reply(Worker& worker, Reply& reply) {
  const FrameState state = append_available(worker.socket, worker.received);
  std::string frame;
  if (take_frame(worker.received, frame)) {
    reply = unpack_reply(frame);
    return true;
  }
  if (state == FrameState::kOpen) return false;
  // The worker is gone and left no whole reply.
  bury(worker);
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  Task task = std::move(worker.task);
  spawn(worker);
  if (task.attempts < kMostAttempts) {
    worker.busy = true;
    ++task.attempts;
    worker.task = std::move(task);
    if (write_frame(worker.socket, worker.task.request)) return false;
    worker.busy = false;
  }
  worker.task = std::move(task);
  reply = {false, true, "its worker process " + how_it_ended(status) + ", as did the one before", 0};
  return true;
}

void WorkerPool::collect(int timeout_ms, const std::function<void(const Task&, const Reply&)>& done) {
  std::vector<pollfd> polled;
  std::vector<Worker*> owners;
  for (Worker& worker : workers_) {
    if (!worker.busy) continue;
    polled.push_back({worker.socket, POLLIN, 0});
    owners.push_back(&worker);
  }
  if (::poll(polled.data(), polled.size(), timeout_ms) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents == 0) continue;
    Reply reply;
    if (!read_reply(*owners[i], reply)) continue;
    owners[i]->busy = false;
    const Task task = std::move(owners[i]->task);
    done(task, reply);
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
    if (!has_busy()) return;
    collect(200, done);
  }
}

std::vector<pid_t> WorkerPool::process_ids() const {
  std::vector<pid_t> ids;
  for (const Worker& worker : workers_) ids.push_back(worker.pid);
  return ids;
}

}  // namespace fp6sim::app
