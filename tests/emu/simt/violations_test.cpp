// Planted bugs: each must be caught, as what it is, at its line.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "emu/simt/device.h"
#include "emu/simt/launch.h"

namespace fp6sim::simt {
namespace {

/// The line of this file that carries the comment "planted: <name>".
unsigned planted(const std::string& name) {
  std::ifstream file(FP6SIM_SOURCE "/tests/emu/simt/violations_test.cpp");
  std::string line;
  for (unsigned number = 1; std::getline(file, line); ++number) {
    const auto at = line.find("// planted: " + name);
    if (at != std::string::npos && line.substr(at) == "// planted: " + name) return number;
  }
  ADD_FAILURE() << "nothing planted as " << name;
  return 0;
}

class Violations : public testing::Test {
 protected:
  Violations()
      : in_(kWords + 64, 1), out_(kWords + 64) {  // unregistered words behind each, whatever lies next
    config_.kernel_name = "buggy";
    config_.grid = {3};
    config_.block = {64};
    config_.dynamic_shared_bytes = 4096;
    config_.buffers = {read_only("in", in_.data(), kWords), read_write("out", out_.data(), kWords)};
  }

  template <class Kernel>
  void expect(ViolationKind kind, const std::string& name, Kernel kernel) {
    caught_.reset();
    try {
      launch(config_, kernel, static_cast<const std::uint32_t*>(in_.data()), out_.data());
    } catch (const Violation& violation) {
      caught_ = violation;
    }
    ASSERT_TRUE(caught_.has_value()) << name << " was not caught";
    EXPECT_STREQ(violation_kind_name(caught_->kind), violation_kind_name(kind)) << caught_->what();
    EXPECT_EQ(caught_->line, planted(name)) << caught_->what();
    EXPECT_NE(caught_->file.find("violations_test.cpp"), std::string::npos);
    EXPECT_EQ(std::string(caught_->what()).find("kernel buggy, CTA ("), 0u) << caught_->what();
  }
  template <class Kernel>
  void expect_clean(Kernel kernel) {
    EXPECT_NO_THROW(launch(config_, kernel, static_cast<const std::uint32_t*>(in_.data()), out_.data()));
  }
  /// A race has two ends, and which one runs last is the schedule's business: one is the line, the other in
  /// the text.
  template <class Kernel>
  void expect_between(ViolationKind kind, const std::string& one, const std::string& other, Kernel kernel) {
    const unsigned a = planted(one), b = planted(other);
    try {
      launch(config_, kernel, static_cast<const std::uint32_t*>(in_.data()), out_.data());
      FAIL() << "nothing caught between " << one << " and " << other;
    } catch (const Violation& violation) {
      caught_ = violation;
      EXPECT_STREQ(violation_kind_name(violation.kind), violation_kind_name(kind)) << violation.what();
      EXPECT_TRUE(violation.line == a || violation.line == b) << violation.what();
      for (unsigned line : {a, b}) {
        EXPECT_TRUE(says("violations_test.cpp:" + std::to_string(line))) << line << ": " << violation.what();
      }
    }
  }
  bool says(const std::string& text) const {
    return caught_ && std::string(caught_->what()).find(text) != std::string::npos;
  }

  static constexpr std::size_t kWords = 1024;
  std::vector<std::uint32_t> in_, out_;
  LaunchConfig config_;
  std::optional<Violation> caught_;
};

std::uint32_t* words() {
  return reinterpret_cast<std::uint32_t*>(dynamic_shared());
}

TEST_F(Violations, OutOfBoundsGlobal) {
  expect(ViolationKind::kOutOfBounds, "one past", [](const std::uint32_t* in, std::uint32_t*) {
    const unsigned i = block_idx().x == 1 ? 1000 + thread_idx().x : 0;
    load_global(in + i);  // planted: one past
  });
  EXPECT_EQ(caught_->thread, 24u);
  EXPECT_EQ(caught_->block_idx.x, 1u);
  EXPECT_TRUE(says("0 bytes past the end of 'in' (4096 bytes)")) << caught_->what();
}

TEST_F(Violations, OutOfBoundsShared) {
  expect(ViolationKind::kOutOfBounds, "shared", [](const std::uint32_t*, std::uint32_t*) {
    store_shared(words() + 1024, 1u);  // planted: shared
  });
  EXPECT_TRUE(says("byte 4096 of shared memory (4096 bytes)")) << caught_->what();
}

TEST_F(Violations, StoreToAReadOnlyBuffer) {
  expect(ViolationKind::kReadOnly, "read only", [](const std::uint32_t* in, std::uint32_t*) {
    store_global(const_cast<std::uint32_t*>(in), 0u);  // planted: read only
  });
}

TEST_F(Violations, CtasThatStoreToOnePlace) {
  config_.workers = 1;
  expect(ViolationKind::kRace, "same place", [](const std::uint32_t*, std::uint32_t* out) {
    const unsigned t = thread_idx().x;
    store_global(out + block_idx().x * 63 + t, t);  // planted: same place
  });
  EXPECT_EQ(caught_->block_idx.x, 1u);
  EXPECT_EQ(caught_->thread, 0u);
  EXPECT_TRUE(says("byte 252 of 'out', where CTA number 0 stores too")) << caught_->what();
  expect_clean([](const std::uint32_t*, std::uint32_t* out) {
    const unsigned i = block_idx().x * 64 + thread_idx().x;  // halves of one word by two CTAs are two places
    store_global(reinterpret_cast<std::uint16_t*>(out) + i + 1, static_cast<std::uint16_t>(i));
  });
}

struct alignas(4) Unaligned16 {
  std::uint32_t word[4];
};

TEST_F(Violations, Misaligned) {
  expect(ViolationKind::kMisaligned, "misaligned", [](const std::uint32_t* in, std::uint32_t*) {
    load_global(reinterpret_cast<const Unaligned16*>(in + thread_idx().x));  // planted: misaligned
  });
  EXPECT_EQ(caught_->thread, 1u);
  expect(ViolationKind::kMisaligned, "cp.async", [](const std::uint32_t* in, std::uint32_t*) {
    cp_async<16>(words(), in + 2);  // planted: cp.async
  });
}

TEST_F(Violations, UninitialisedShared) {
  expect(ViolationKind::kUninitialised, "nobody wrote", [](const std::uint32_t*, std::uint32_t* out) {
    if (thread_idx().x < 63) store_shared(words() + thread_idx().x, 1u);
    sync_threads();
    store_global(out + block_idx().x * 64 + thread_idx().x,
                 load_shared(words() + thread_idx().x));  // planted: nobody wrote
  });
  EXPECT_EQ(caught_->thread, 63u);
  EXPECT_EQ(caught_->block_idx.x, 0u);  // every CTA does it: the lowest is reported
}

void exchange(std::uint32_t* out, bool first_barrier, bool second_barrier) {
  const unsigned t = thread_idx().x;
  for (unsigned round = 0; round < 2; ++round) {
    store_shared(words() + t, t + round);  // planted: write after read
    if (first_barrier) sync_threads();
    const std::uint32_t other = load_shared(words() + (t + 40) % 64);  // planted: read after write
    if (second_barrier) sync_threads();
    store_global(out + block_idx().x * 64 + t, other);
  }
}

TEST_F(Violations, MissingBarriers) {
  expect_clean([](const std::uint32_t*, std::uint32_t* out) { exchange(out, true, true); });
  expect_between(ViolationKind::kRace, "write after read", "read after write",
                 [](const std::uint32_t*, std::uint32_t* out) { exchange(out, true, false); });
  // Without the first barrier a reader comes before the writer's turn.
  expect(ViolationKind::kUninitialised, "read after write",
         [](const std::uint32_t*, std::uint32_t* out) { exchange(out, false, true); });
  config_.check_races = false;
  expect_clean([](const std::uint32_t*, std::uint32_t* out) { exchange(out, true, false); });
}

TEST_F(Violations, LanesOfOneWarpNeedSyncWarp) {
  const auto kernel = [](bool sync) {
    const unsigned l = lane_id();
    if (warp_id() != 0) return;
    store_shared(words() + l, l);
    if (sync) sync_warp();
    load_shared(words() + 31 - l);  // planted: lanes
  };
  config_.block = {32};
  expect_clean([&](const std::uint32_t*, std::uint32_t*) { kernel(true); });
  // Lane 0 reads what lane 31 has not written yet: uninitialised; lane 16 what lane 15 wrote: a race.
  caught_.reset();
  try {
    launch(config_, [&] { kernel(false); });
  } catch (const Violation& violation) {
    caught_ = violation;
  }
  ASSERT_TRUE(caught_.has_value());
  EXPECT_EQ(caught_->line, planted("lanes"));
  expect(ViolationKind::kRace, "lower lane", [](const std::uint32_t*, std::uint32_t*) {
    const unsigned l = lane_id();
    store_shared(words() + l, l);
    if (l == 20) load_shared(words() + 3);  // planted: lower lane
  });
}

/// A pipeline of two cp.async stages with its wait count as a parameter.
void pipeline(const std::uint32_t* in, std::uint32_t* out, unsigned pending, bool barrier_after_read) {
  const unsigned t = thread_idx().x;
  for (unsigned s = 0; s < 2; ++s) {
    cp_async<4>(words() + s * 64 + t, in + s * 64 + t);
    cp_async_commit();
  }
  for (unsigned k = 0; k < 6; ++k) {
    cp_async_wait_group(pending);
    sync_threads();
    const std::uint32_t word = load_shared(words() + k % 2 * 64 + 63 - t);  // planted: stage read
    store_global(out + block_idx().x * 64 + t, word);
    if (barrier_after_read) sync_threads();
    if (k + 2 < 6) cp_async<4>(words() + k % 2 * 64 + t, in + (k + 2) * 64 + t);  // planted: stage refill
    cp_async_commit();
  }
}

TEST_F(Violations, WrongWaitCountAndMissingBarrierInAPipeline) {
  expect_clean([](const std::uint32_t* in, std::uint32_t* out) { pipeline(in, out, 1, true); });
  expect(ViolationKind::kInFlight, "stage read",
         [](const std::uint32_t* in, std::uint32_t* out) { pipeline(in, out, 2, true); });
  EXPECT_TRUE(says("before the copy issued by thread")) << caught_->what();
  expect_between(ViolationKind::kInFlight, "stage read", "stage refill",
                 [](const std::uint32_t* in, std::uint32_t* out) { pipeline(in, out, 1, false); });
}

TEST_F(Violations, WaitingAloneIsNotVisibility) {
  // Each thread waits for its own copies, but reads another warp's without a barrier.
  expect(ViolationKind::kRace, "no barrier after wait", [](const std::uint32_t* in, std::uint32_t*) {
    const unsigned t = thread_idx().x;
    if (t < 32) {
      cp_async<4>(words() + t, in + t);
      cp_async_wait_all();
      return;
    }
    load_shared(words() + t - 32);  // planted: no barrier after wait
  });
}

/// One producer warp, one consumer warp, two stages; each argument is one thing that can be got wrong.
void specialised(const std::uint32_t* in, std::uint32_t* out, unsigned announced, unsigned full_parity_flip,
                 bool wait_full, bool wait_empty) {
  auto* full = reinterpret_cast<Mbarrier*>(dynamic_shared() + 2048);
  Mbarrier* empty = full + 2;
  if (thread_idx().x == 0) {
    for (unsigned s = 0; s < 2; ++s) {
      mbarrier_init(full + s, 1);
      mbarrier_init(empty + s, 1);
    }
    fence_mbarrier_init();
  }
  sync_threads();
  if (warp_id() == 1) {
    if (lane_id() != 0) return;
    for (unsigned k = 0; k < 6; ++k) {
      if (wait_empty) mbarrier_wait(empty + k % 2, (k / 2 + 1) % 2);
      mbarrier_arrive_expect_tx(full + k % 2, announced);
      std::uint32_t* const stage = words() + k % 2 * 32;
      bulk_copy_to_shared(stage, in + k * 32, 128, full + k % 2);  // planted: overwritten stage
    }
    return;
  }
  for (unsigned k = 0; k < 6; ++k) {
    if (wait_full) mbarrier_wait(full + k % 2, (k / 2 + full_parity_flip) % 2);  // planted: wait full
    const std::uint32_t word = load_shared(words() + k % 2 * 32 + lane_id());    // planted: early read
    sync_warp();
    if (lane_id() == 0) mbarrier_arrive(empty + k % 2);
    store_global(out + (block_idx().x * 6 + k) * 32 + lane_id(), word);
  }
}

TEST_F(Violations, MbarrierPipelines) {
  expect_clean([](const std::uint32_t* in, std::uint32_t* out) { specialised(in, out, 128, 0, true, true); });
  expect(ViolationKind::kDeadlock, "wait full",
         [](const std::uint32_t* in, std::uint32_t* out) { specialised(in, out, 256, 0, true, true); });
  EXPECT_TRUE(says("128 announced bytes never copied")) << caught_->what();
  expect(ViolationKind::kUninitialised, "early read",
         [](const std::uint32_t* in, std::uint32_t* out) { specialised(in, out, 128, 1, true, true); });
  expect(ViolationKind::kUninitialised, "early read",
         [](const std::uint32_t* in, std::uint32_t* out) { specialised(in, out, 128, 0, false, true); });
  expect(ViolationKind::kRace, "overwritten stage",
         [](const std::uint32_t* in, std::uint32_t* out) { specialised(in, out, 128, 0, true, false); });
}

TEST_F(Violations, BarriersThatDoNotMatch) {
  expect(ViolationKind::kBadBarrier, "other line", [](const std::uint32_t*, std::uint32_t*) {
    if (thread_idx().x < 32) {
      sync_threads();
    } else {
      sync_threads();  // planted: other line
    }
  });
  expect(ViolationKind::kDeadlock, "half", [](const std::uint32_t*, std::uint32_t*) {
    if (warp_id() == 0) named_barrier_sync(1, 64);  // planted: half
  });
  EXPECT_TRUE(says("barrier 1: 32 of 64 threads arrived")) << caught_->what();
  expect(ViolationKind::kBadBarrier, "count", [](const std::uint32_t*, std::uint32_t*) {
    if (warp_id() == 0) named_barrier_arrive(1, 32 * 2);
    if (warp_id() == 1) named_barrier_sync(1, 32);  // planted: count
  });
  expect(ViolationKind::kBadBarrier, "not a barrier", [](const std::uint32_t*, std::uint32_t*) {
    mbarrier_arrive(reinterpret_cast<Mbarrier*>(dynamic_shared()));  // planted: not a barrier
  });
  expect(ViolationKind::kBadBarrier, "twice", [](const std::uint32_t*, std::uint32_t*) {
    if (thread_idx().x != 0) return;
    auto* barrier = reinterpret_cast<Mbarrier*>(dynamic_shared());
    mbarrier_init(barrier, 2);
    cp_async_mbarrier_arrive(barrier);
    mbarrier_arrive(barrier);
    cp_async_mbarrier_arrive(barrier);
    cp_async_mbarrier_arrive(barrier);
    mbarrier_arrive(barrier);  // planted: twice
  });
}

TEST_F(Violations, CollectivesThatDoNotMeet) {
  expect(ViolationKind::kBadBarrier, "exited lane", [](const std::uint32_t*, std::uint32_t*) {
    if (lane_id() == 5) return;
    sync_warp();  // planted: exited lane
  });
  expect(ViolationKind::kBadBarrier, "not in mask", [](const std::uint32_t*, std::uint32_t*) {
    shuffle_idx(0xFFu, lane_id(), 0);  // planted: not in mask
  });
  expect(ViolationKind::kBadArgument, "source", [](const std::uint32_t*, std::uint32_t*) {
    if (lane_id() < 8) shuffle_idx(0xFFu, lane_id(), 9);  // planted: source
  });
  expect(ViolationKind::kBadBarrier, "two shuffles", [](const std::uint32_t*, std::uint32_t*) {
    if (lane_id() < 16) {
      shuffle_xor(kFullMask, 1u, 1);
    } else {
      shuffle_xor(kFullMask, 1u, 2);  // planted: two shuffles
    }
  });
  expect(ViolationKind::kDeadlock, "waits for barrier", [](const std::uint32_t*, std::uint32_t*) {
    if (lane_id() == 0) {
      sync_threads();  // planted: waits for barrier
    } else {
      sync_warp();
    }
  });
  EXPECT_TRUE(says("62 at")) << caught_->what();
}

TEST_F(Violations, PollingForWhatNeverComes) {
  config_.workers = 2;
  expect(ViolationKind::kDeadlock, "poll", [](const std::uint32_t*, std::uint32_t* out) {
    while (load_acquire_global(out + 5) == 0) {  // planted: poll
    }
  });
}

TEST_F(Violations, BulkCopyLeftBehind) {
  expect(ViolationKind::kInFlight, "left behind", [](const std::uint32_t* in, std::uint32_t*) {
    auto* barrier = reinterpret_cast<Mbarrier*>(dynamic_shared());
    if (thread_idx().x != 0) return;
    mbarrier_init(barrier, 1);
    fence_mbarrier_init();
    mbarrier_arrive_expect_tx(barrier, 64);
    bulk_copy_to_shared(dynamic_shared() + 64, in, 64, barrier);  // planted: left behind
  });
}

TEST_F(Violations, BadLaunchesAreErrors) {
  const auto refused = [&](auto change) {
    LaunchConfig config = config_;
    change(config);
    try {
      launch(config, [] {});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refused([](auto& c) { c.block = {1025}; }).find("1..1024 threads"), std::string::npos);
  EXPECT_NE(refused([](auto& c) { c.grid = {0}; }).find("grid 0 x 1 x 1"), std::string::npos);
  EXPECT_NE(refused([](auto& c) { c.dynamic_shared_bytes = 1 << 20; }).find("at most 232448"),
            std::string::npos);
  EXPECT_NE(refused([](auto& c) { c.architecture = "amper"; }).find("ampere"), std::string::npos);
  EXPECT_NE(refused([](auto& c) { c.buffers[1].start = nullptr; }).find("'out' is a null pointer"),
            std::string::npos);
  EXPECT_NE(refused([](auto& c) { c.buffers[1] = c.buffers[0]; }).find("overlap"), std::string::npos);
  EXPECT_THROW(sync_threads(), Error);  // outside a launch
}

}  // namespace
}  // namespace fp6sim::simt
