// Orders that this run happens to have but a GPU need not: elected lanes, fences of every kind, registers
// that somebody has to give away first.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emu/simt/device.h"
#include "emu/simt/launch.h"

namespace fp6sim::simt {
namespace {

/// What the launch is accused of, or "".
template <class Kernel, class... Args>
std::string report(const LaunchConfig& config, Kernel kernel, Args... args) {
  try {
    launch(config, kernel, args...);
  } catch (const Violation& violation) {
    return std::string(violation_kind_name(violation.kind)) + ": " + violation.what();
  }
  return "";
}

void expect_race(const std::string& found, const std::string& text) {
  EXPECT_EQ(found.substr(0, 5), "race:") << found;
  EXPECT_NE(found.find(text), std::string::npos) << found;
}

LaunchConfig block_of(unsigned threads) {
  LaunchConfig config;
  config.kernel_name = "ordering";
  config.block = {threads};
  config.dynamic_shared_bytes = 1024;
  return config;
}

/// Warp 1 overwrites what the lanes of warp 0 have read, once an elected lane has told it to.
void elected_arrive(bool gather) {
  auto* const told = reinterpret_cast<Mbarrier*>(dynamic_shared());
  auto* const words = reinterpret_cast<std::uint32_t*>(dynamic_shared() + 64);
  if (thread_idx().x == 0) mbarrier_init(told, 1);
  if (warp_id() == 0) store_shared(words + lane_id(), 1u);
  sync_threads();
  if (warp_id() == 0) {
    load_shared(words + (lane_id() + 1) % 32);
    if (gather) sync_warp();
    if (lane_id() == 0) mbarrier_arrive(told);
  } else {
    mbarrier_wait(told, 0);
    store_shared(words + lane_id(), 2u);
  }
}

TEST(Ordering, AnElectedLaneSpeaksForTheOthersOnlyAfterASyncWarp) {
  EXPECT_EQ(report(block_of(64), elected_arrive, true), "");
  expect_race(report(block_of(64), elected_arrive, false), "is not ordered after the read by thread");
}

TEST(Ordering, CopiesCompleteOnFencedMbarriersOnly) {
  static std::uint32_t source[64];
  LaunchConfig config = block_of(32);
  config.buffers = {read_only("source", source, 64)};
  enum class Fence { kNone, kBarrierInit, kProxy, kOfAnother };
  const auto copy = [](Fence fence, const std::uint32_t* from) {
    auto* const landed = reinterpret_cast<Mbarrier*>(dynamic_shared());
    if (thread_idx().x == 0) {
      mbarrier_init(landed, 1);
      if (fence == Fence::kBarrierInit) fence_mbarrier_init();
      if (fence == Fence::kProxy) fence_proxy_async();
    }
    sync_threads();
    if (thread_idx().x == 1) {
      if (fence == Fence::kOfAnother) fence_mbarrier_init();
      mbarrier_arrive_expect_tx(landed, 256);
      bulk_copy_to_shared(dynamic_shared() + 64, from, 256, landed);
    }
    mbarrier_wait(landed, 0);
  };
  const std::uint32_t* const from = source;
  EXPECT_EQ(report(config, copy, Fence::kBarrierInit, from), "");
  EXPECT_EQ(report(config, copy, Fence::kProxy, from), "");
  expect_race(report(config, copy, Fence::kNone, from), "without a fence_mbarrier_init");
  expect_race(report(config, copy, Fence::kOfAnother, from), "which thread 0 initialised");
}

/// What a CTA that adds up all CTAs' sums leaves out.
struct Missing {
  bool fence = false, barrier = false, last_fence = false, one_fences = false;
};

/// Every CTA stores a number a thread; the last to count adds all up, each thread another thread's column.
void sum_of_ctas(Missing missing, std::uint32_t* parts, std::uint32_t* count, std::uint32_t* sums) {
  const unsigned thread = thread_idx().x;
  store_global(parts + block_idx().x * 64 + thread, thread + block_idx().x);
  if (!missing.fence && !missing.one_fences) thread_fence();
  if (!missing.barrier) sync_threads();
  auto* const last = reinterpret_cast<std::uint32_t*>(dynamic_shared());
  if (thread == 0) {
    if (missing.one_fences) thread_fence();
    store_shared(last, atomic_add(count, 1u) + 1 == grid_dim().x ? 1u : 0u);
    if (missing.one_fences) thread_fence();
  }
  sync_threads();
  if (load_shared(last) == 0) return;
  if (!missing.last_fence && !missing.one_fences) thread_fence();
  std::uint32_t sum = 0;
  for (unsigned cta = 0; cta < grid_dim().x; ++cta) sum += load_global(parts + cta * 64 + (thread ^ 32));
  store_global(sums + thread, sum);
}

std::string sum_report(Missing missing, std::vector<std::uint32_t>& sums) {
  std::vector<std::uint32_t> parts(5 * 64), count(1);
  sums.assign(64, 0);
  LaunchConfig config = block_of(64);
  config.grid = {5};
  config.buffers = {read_write("parts", parts.data(), parts.size()), read_write("count", count.data(), 1),
                    read_write("sums", sums.data(), sums.size())};
  return report(config, sum_of_ctas, missing, parts.data(), count.data(), sums.data());
}

TEST(Ordering, OfOtherCtasStoresNeedsFencesAndAnAtomic) {
  std::vector<std::uint32_t> sums;
  EXPECT_EQ(sum_report({}, sums), "");
  for (unsigned thread = 0; thread < 64; ++thread) EXPECT_EQ(sums[thread], 5 * (thread ^ 32) + 10);
  // A fence is cumulative: one thread's covers what a barrier has ordered before it.
  EXPECT_EQ(sum_report({.one_fences = true}, sums), "");
  expect_race(sum_report({.fence = true}, sums), "no thread_fence and atomic ordered after the store");
  expect_race(sum_report({.barrier = true}, sums), "no thread_fence and atomic ordered after the store");
  expect_race(sum_report({.last_fence = true}, sums), "no atomic of this CTA and thread_fence after it");
}

TEST(Ordering, ASemaphoreOrdersByItself) {
  std::vector<std::uint32_t> data(4), flag(1);
  LaunchConfig config = block_of(32);
  config.grid = {4};
  config.buffers = {read_write("data", data.data(), 4), read_write("flag", flag.data(), 1)};
  const auto chain = [](bool wait, std::uint32_t* to, std::uint32_t* turn) {
    if (thread_idx().x != 0) return;
    const unsigned cta = block_idx().x;
    while (wait && load_acquire_global(turn) != cta) {
    }
    const std::uint32_t before = cta == 0 ? 0 : load_global(to + cta - 1);
    store_global(to + cta, before + cta);
    store_release_global(turn, cta + 1);
  };
  EXPECT_EQ(report(config, chain, true, data.data(), flag.data()), "");
  EXPECT_EQ(data[3], 6u);
  config.workers = 1;  // in this order, but nothing says so
  expect_race(report(config, chain, false, data.data(), flag.data()), "global load of byte");
}

TEST(Ordering, RegistersAreWaitedFor) {
  LaunchConfig config = block_of(384);
  config.architecture = "hopper";
  const auto handed_over = [](bool given, bool late) {
    auto* const told = reinterpret_cast<Mbarrier*>(dynamic_shared());
    if (thread_idx().x == 0) mbarrier_init(told, 8);
    sync_threads();
    if (warp_id() >= 8) {
      if (given && !late) lower_registers(40);
      if (late) mbarrier_wait(told, 0);
      if (late) lower_registers(40);
    } else {
      raise_registers(232);
      if (lane_id() == 0) mbarrier_arrive(told);
    }
  };
  EXPECT_EQ(report(config, handed_over, true, false), "");
  for (const bool late : {false, true}) {
    const std::string found = report(config, handed_over, false, late);
    EXPECT_EQ(found.substr(0, 9), "deadlock:") << found;
    EXPECT_NE(found.find("registers that no warp gives away"), std::string::npos) << found;
  }
}

}  // namespace
}  // namespace fp6sim::simt
