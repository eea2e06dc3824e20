#include "emu/parallel.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "emu/error.h"

namespace fp6sim::emu {
namespace {

using Body = std::function<void(std::size_t, std::size_t)>;

// One call of parallel_for(): ranges are claimed by a counter.
struct Job {
  const Body& body;
  std::size_t count;
  std::size_t grain;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex failure_mutex;
  std::exception_ptr failure;

  void work() {
    while (!failed.load(std::memory_order_relaxed)) {
      const std::size_t begin = next.fetch_add(grain, std::memory_order_relaxed);
      if (begin >= count) return;
      try {
        body(begin, begin + std::min(grain, count - begin));
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        failed = true;
      }
    }
  }
};

thread_local bool inside_a_body = false;

struct InsideABody {
  InsideABody() { inside_a_body = true; }
  ~InsideABody() { inside_a_body = false; }
};

class Pool {
 public:
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // One job at a time; false where another thread's job holds the pool.
  bool try_run(Job& job, int helpers) {
    const std::unique_lock busy(busy_, std::try_to_lock);
    if (!busy) return false;
    {
      const std::lock_guard lock(mutex_);
      while (static_cast<int>(threads_.size()) < helpers) threads_.emplace_back([this] { serve(); });
      job_ = &job;
      wanted_ = helpers;
    }
    wake_.notify_all();
    {
      const InsideABody inside;
      job.work();
    }
    std::unique_lock lock(mutex_);
    wanted_ = 0;  // helpers that have not woken yet need not
    idle_.wait(lock, [this] { return running_ == 0; });
    job_ = nullptr;
    return true;
  }

 private:
  void serve() {
    const InsideABody inside;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || wanted_ > 0; });
      if (stopping_) return;
      --wanted_;
      ++running_;
      Job* job = job_;
      lock.unlock();
      job->work();
      lock.lock();
      if (--running_ == 0) idle_.notify_all();
    }
  }

  std::mutex busy_;   // held by the caller whose job runs
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::vector<std::thread> threads_;
  Job* job_ = nullptr;
  int wanted_ = 0;
  int running_ = 0;
  bool stopping_ = false;
};

// The pool of this process. Threads do not survive fork(): a child leaves its parent's pool alone and makes
// one.
Pool& pool() {
  static std::mutex mutex;
  static pid_t owner = 0;
  static Pool* current = nullptr;
  static struct Closer {
    ~Closer() {
      if (owner == getpid()) delete current;
    }
  } closer;
  const std::lock_guard lock(mutex);
  if (owner != getpid()) {
    current = new Pool;
    owner = getpid();
  }
  return *current;
}

int processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::atomic<int> requested_threads{0};

}  // namespace

int thread_count() {
  static const int available = processors();
  const int requested = requested_threads.load(std::memory_order_relaxed);
  return requested > 0 ? requested : available;
}

void set_thread_count(int threads) {
  if (threads < 0 || threads > 4096) {
    throw Error("thread count " + std::to_string(threads) +
                " is outside 0..4096 (0: one for each processor)");
  }
  requested_threads = threads;
}

void parallel_for(std::size_t count, std::size_t grain, const Body& body) {
  if (count == 0) return;
  grain = std::max<std::size_t>(grain, 1);
  Job job{body, count, grain, {}, {}, {}, {}};
  const std::size_t ranges = (count - 1) / grain + 1;
  const int helpers =
      static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(thread_count()), ranges)) - 1;
  if (helpers == 0 || inside_a_body || !pool().try_run(job, helpers)) job.work();
  if (job.failure) std::rethrow_exception(job.failure);
}

}  // namespace fp6sim::emu
