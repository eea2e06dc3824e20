// The race detector against a plain happens-before graph, on random programs.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "emu/simt/shadow.h"
#include "emu/simt/thread.h"

namespace fp6sim::simt {
namespace {

/// What happened, in the order it ran. Each step may depend on others: an edge is "happens before".
struct Step {
  unsigned thread;
  bool access = false, write = false;
  unsigned first_byte = 0, bytes = 0;
  std::vector<std::size_t> after;  ///< besides the thread's previous step
};

/// Reachability by depth-first search over the edges: slow and obvious.
class Graph {
 public:
  std::size_t add(Step step) {
    if (last_.size() <= step.thread) last_.resize(step.thread + 1, kNone);
    if (last_[step.thread] != kNone) step.after.push_back(last_[step.thread]);
    last_[step.thread] = steps_.size();
    steps_.push_back(std::move(step));
    return steps_.size() - 1;
  }
  /// Whether the last step conflicts with an earlier access that does not happen before it.
  bool last_step_races() const {
    const Step& now = steps_.back();
    std::vector<bool> before(steps_.size(), false);
    std::vector<std::size_t> stack{steps_.size() - 1};
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      for (std::size_t next : steps_[at].after) {
        if (!before[next]) {
          before[next] = true;
          stack.push_back(next);
        }
      }
    }
    for (std::size_t i = 0; i + 1 < steps_.size(); ++i) {
      const Step& old = steps_[i];
      const bool overlap =
          old.first_byte < now.first_byte + now.bytes && now.first_byte < old.first_byte + old.bytes;
      if (old.access && overlap && (old.write || now.write) && !before[i]) return true;
    }
    return false;
  }
  std::size_t last_of(unsigned thread) const { return last_[thread]; }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::vector<Step> steps_;
  std::vector<std::size_t> last_;
};

/// One thread in each of four warps: there the detector claims to be exact up to the first race.
TEST(Races, FirstRaceOfRandomProgramsIsFoundAndNothingElse) {
  constexpr unsigned kWarps = 4, kThreads = kWarps * 32, kWords = 3;
  unsigned with_race = 0, without = 0;
  for (unsigned seed = 0; seed < 4000; ++seed) {
    std::mt19937 random(seed);
    Shadow shadow(kWords * 4, kThreads, true);
    shadow.new_cta();
    Graph graph;
    // Everything is written once by thread 0 and published, so that nothing is uninitialised.
    for (unsigned w = 0; w < kWarps; ++w) graph.add({w * 32, false, false, 0, 0, {}});
    shadow.write(0, 0, kWords * 4, 1);
    graph.add({0, true, true, 0, kWords * 4, {}});
    const auto full_barrier = [&] {
      std::vector<std::size_t> all;
      for (unsigned w = 0; w < kWarps; ++w) all.push_back(graph.last_of(w * 32));
      for (unsigned w = 0; w < kWarps; ++w) graph.add({w * 32, false, false, 0, 0, all});
      shadow.clocks().full_barrier();
    };
    full_barrier();
    std::vector<Clock> clocks(2, shadow.clocks().new_clock());  // two mbarriers ...
    std::vector<std::vector<std::size_t>> released(2);          // ... and who has released to them
    bool raced = false;
    const bool barriers = seed % 3 == 0;
    for (unsigned i = 0; i < 5 + seed % 56 && !raced; ++i) {
      const unsigned thread = random() % kWarps * 32;
      const unsigned what = random() % 20;
      if (what == 0 && barriers) {
        full_barrier();
      } else if (what < 5) {
        const unsigned at = random() % 2;
        shadow.clocks().release(thread, clocks[at]);
        released[at].push_back(graph.add({thread, false, false, 0, 0, {}}));
      } else if (what < 10) {
        const unsigned at = random() % 2;
        shadow.clocks().acquire(thread, clocks[at]);
        graph.add({thread, false, false, 0, 0, released[at]});
      } else {
        const unsigned bytes = random() % 2 == 0 ? 4 : 2;
        const unsigned first = random() % (kWords * 4 / bytes) * bytes;
        const bool write = random() % 3 == 0;
        graph.add({thread, true, write, first, bytes, {}});
        const bool expected = graph.last_step_races();
        const auto found =
            write ? shadow.write(thread, first, bytes, i) : shadow.read(thread, first, bytes, i);
        ASSERT_EQ(found.has_value(), expected)
            << "seed " << seed << ", step " << i << (write ? " write" : " read");
        if (found) {
          EXPECT_EQ(found->kind, Conflict::Kind::kRace);
        }
        raced = expected;
      }
    }
    ++(raced ? with_race : without);
  }
  EXPECT_GT(with_race, 500u);
  EXPECT_GT(without, 100u);
}

/// All lanes: the detector may miss (a release counts for its warp), but it must never accuse an ordered
/// program.
TEST(Races, OrderedAccessesAreNeverAccused) {
  constexpr unsigned kWarps = 3, kThreads = kWarps * 32;
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Shadow shadow(64, kThreads, true);
    shadow.new_cta();
    Graph graph;
    for (unsigned t = 0; t < kThreads; ++t) graph.add({t, false, false, 0, 0, {}});
    shadow.write(0, 0, 64, 1);
    graph.add({0, true, true, 0, 64, {}});
    const auto join = [&](unsigned first, unsigned count) {
      std::vector<std::size_t> all;
      for (unsigned t = first; t < first + count; ++t) all.push_back(graph.last_of(t));
      for (unsigned t = first; t < first + count; ++t) graph.add({t, false, false, 0, 0, all});
    };
    join(0, kThreads);
    shadow.clocks().full_barrier();
    Clock clock = shadow.clocks().new_clock();
    std::vector<std::size_t> released;
    for (unsigned i = 0; i < 150; ++i) {
      const unsigned thread = random() % kThreads, what = random() % 12;
      if (what == 0) {
        join(0, kThreads);
        shadow.clocks().full_barrier();
      } else if (what < 3) {
        join(thread / 32 * 32, 32);
        shadow.clocks().sync_warp(thread / 32, kFullMask);
      } else if (what == 3) {
        shadow.clocks().release(thread, clock);
        released.push_back(graph.add({thread, false, false, 0, 0, {}}));
      } else if (what == 4) {
        shadow.clocks().acquire(thread, clock);
        graph.add({thread, false, false, 0, 0, released});
      } else {
        const unsigned bytes = 1u << random() % 5, first = random() % (64 / bytes) * bytes;
        const bool write = random() % 4 == 0;
        graph.add({thread, true, write, first, bytes, {}});
        const bool races = graph.last_step_races();
        const auto found =
            write ? shadow.write(thread, first, bytes, i) : shadow.read(thread, first, bytes, i);
        if (!races) {
          ASSERT_FALSE(found.has_value()) << "seed " << seed << ", step " << i;
        }
        if (races) break;
      }
    }
  }
}

}  // namespace
}  // namespace fp6sim::simt
