#include "tools/gpu_bench/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "emu/error.h"
#include "tools/gpu_bench/journal.h"

namespace fp6sim::bench {
namespace {

/// Failures in a row after which the machine, not an item, is the reason: of items, and of workers that had
/// none.
constexpr int kMostFruitless = 40;
constexpr int kMostIdleFailures = 3;
/// A killed process whose device does not let go of it cannot be waited for.
constexpr int kLongestEnd_s = 30;

/// What the supervisor knows of its worker.
struct State {
  std::string journal, item, unread;
  int ended = 0;            ///< items, well or not
  std::optional<int> code;  ///< how the worker says it ends: what cleaning up then does to it is no matter

  void take(std::string_view bytes) {
    unread += bytes;
    for (std::size_t end = unread.find('\n'); end != std::string::npos; end = unread.find('\n')) {
      if (unread[0] == 'J') journal = unread.substr(1, end - 1);
      if (unread[0] == 'B') item = unread.substr(1, end - 1);
      if (unread[0] == 'E') {
        item.clear();
        ++ended;
      }
      if (unread[0] == 'C') code = std::atoi(unread.c_str() + 1);
      unread.erase(0, end + 1);
    }
  }
};

/// Until the worker closes its end, or says nothing for `limit_s`. False where it was killed for that.
bool follow(int pipe, pid_t worker, int limit_s, State& state) {
  pollfd wait{pipe, POLLIN, 0};
  for (;;) {
    const int ready = poll(&wait, 1, limit_s * 1000);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      kill(worker, SIGKILL);
      return false;
    }
    char bytes[4096];
    const ssize_t count = read(pipe, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    state.take({bytes, static_cast<std::size_t>(count)});
  }
}

/// False where the worker does not end.
bool wait_for(pid_t worker, int& status) {
  for (int waited_ms = 0; waited_ms < 1000 * kLongestEnd_s; waited_ms += 20) {
    const pid_t ended = waitpid(worker, &status, WNOHANG);
    if (ended == worker) return true;
    if (ended < 0 && errno != EINTR) return false;
    usleep(20'000);
  }
  return false;
}

std::string end_of(int status, bool in_time, int limit_s) {
  if (!in_time) return "took more than " + std::to_string(limit_s) + " s";
  if (WIFSIGNALED(status)) return std::string("ended by ") + strsignal(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void Announcer::say(char what, const std::string& text) const {
  const std::string line = what + text + "\n";
  std::size_t at = 0;
  while (at < line.size()) {
    const ssize_t written = write(pipe_, line.data() + at, line.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the supervisor is gone: the worker finishes alone
    at += static_cast<std::size_t>(written);
  }
}

int supervise(const Options& options, const std::function<void(const Announcer&, bool first)>& worker) {
  int idle_failures = 0, fruitless = 0;
  for (int start = 0; fruitless < kMostFruitless; ++start) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw Error(std::string("pipe: ") + std::strerror(errno));
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) throw Error(std::string("fork: ") + std::strerror(errno));
    if (child == 0) {
      close(ends[0]);
      std::signal(SIGPIPE, SIG_IGN);
      worker(Announcer(ends[1]), start == 0);
      std::fflush(nullptr);
      _exit(0);
    }
    close(ends[1]);
    State state;
    const bool in_time = follow(ends[0], child, options.item_limit_s, state);
    close(ends[0]);
    int status = 0;
    const bool gone = wait_for(child, status);
    if (state.code && *state.code != kStartAgain) return *state.code;
    // Of a worker that asks for another the last item to end is the one that failed.
    fruitless = state.ended > (state.code ? 1 : 0) ? 0 : fruitless + 1;
    if (!state.code) {
      const std::string why = end_of(status, in_time, options.item_limit_s);
      std::fprintf(stderr, "gpu_bench: %s %s\n", state.item.empty() ? "the worker" : state.item.c_str(),
                   why.c_str());
      if (!state.item.empty() && !state.journal.empty()) {
        append_line(state.journal, line_of_failure(state.item, why));
      } else if (++idle_failures == kMostIdleFailures) {
        return kUnusable;
      }
    }
    if (!gone) {
      std::fprintf(stderr, "gpu_bench: the device does not let go of process %d\n", static_cast<int>(child));
      return kUnusable;
    }
  }
  std::fprintf(stderr, "gpu_bench: given up after %d failures in a row\n", kMostFruitless);
  return kUnusable;
}

}  // namespace fp6sim::bench
