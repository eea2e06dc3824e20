// Every item once, on any number of threads; nested, concurrent and failing bodies.
#include "emu/parallel.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "emu/error.h"

namespace fp6sim::emu {
namespace {

class Parallel : public testing::Test {
 protected:
  ~Parallel() override { set_thread_count(0); }
};

TEST_F(Parallel, CoversEveryItemOnce) {
  for (const int threads : {1, 2, 7}) {
    set_thread_count(threads);
    for (const std::size_t count : {0u, 1u, 5u, 64u, 1001u}) {
      for (const std::size_t grain : {0u, 1u, 7u, 2000u}) {
        std::vector<std::atomic<int>> seen(count);
        parallel_for(count, grain, [&](std::size_t begin, std::size_t end) {
          ASSERT_LT(begin, end);
          for (; begin < end; ++begin) ++seen[begin];
        });
        for (const auto& times : seen) ASSERT_EQ(times, 1);
      }
    }
  }
}

TEST_F(Parallel, NestedCallsRunInline) {
  set_thread_count(4);
  std::atomic<int> items{0};
  parallel_for(8, 1, [&](std::size_t, std::size_t) {
    const auto thread = std::this_thread::get_id();
    parallel_for(10, 3, [&](std::size_t begin, std::size_t end) {
      EXPECT_EQ(std::this_thread::get_id(), thread);
      items += static_cast<int>(end - begin);
    });
  });
  EXPECT_EQ(items, 80);
}

TEST_F(Parallel, CallersOnSeveralThreadsAllFinish) {
  set_thread_count(3);
  std::atomic<std::size_t> items{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        parallel_for(50, 4, [&](std::size_t begin, std::size_t end) { items += end - begin; });
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(items, 4u * 200 * 50);
}

TEST_F(Parallel, AnExceptionComesBackAndThePoolLivesOn) {
  set_thread_count(4);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THROW(parallel_for(100, 1,
                              [](std::size_t begin, std::size_t) {
                                if (begin == 40) throw Error("forty");
                              }),
                 Error);
  }
  std::atomic<int> items{0};
  parallel_for(100, 1, [&](std::size_t, std::size_t) { ++items; });
  EXPECT_EQ(items, 100);
}

TEST_F(Parallel, AForkedChildHasItsOwnThreads) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer kills children of a multi-threaded fork() that make threads";
#endif
  set_thread_count(4);
  parallel_for(100, 1, [](std::size_t, std::size_t) {});
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::atomic<int> items{0};
    parallel_for(100, 1, [&](std::size_t, std::size_t) { ++items; });
    _exit(items == 100 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Parallel, ThreadCountIsBounded) {
  EXPECT_GE(thread_count(), 1);
  EXPECT_THROW(set_thread_count(-1), Error);
  EXPECT_THROW(set_thread_count(5000), Error);
}

}  // namespace
}  // namespace fp6sim::emu
