// The L2 alone: which blocks stay, how sets fill, and what two partitions keep twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "sim/memory_path/memory_system.h"

namespace fp6sim::sim {
namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;

/// A memory system asked one thing at a time.
class L2 {
 public:
  explicit L2(const GpuDescription& gpu, bool payloads = false) : memory_(gpu, 512, 256 * kMegabyte) {
    if (payloads) memory_.carry_payloads();
  }
  /// Returns how long it took.
  Time access(std::uint16_t sm, std::uint64_t address, std::uint32_t bytes, bool write = false,
              std::uint8_t* data = nullptr) {
    StageRequest request;
    request.sm = sm;
    request.write = write;
    request.add({address, 0, bytes, 1, 1});
    const Time from = now_;
    memory_.submit(request, from, data);
    std::vector<StageCompletion> done;
    while (done.empty()) memory_.advance(now_ += memory_.request_latency() / 2, done);
    now_ += 1'000'000'000;  // a microsecond: nothing is under way
    std::vector<StageCompletion> none;
    memory_.advance(now_, none);
    return done.front().when - from;
  }
  std::uint64_t hits() const { return memory_.counters().l2_hit_sectors; }
  std::uint64_t fetched() const { return memory_.dram_counters().read_bytes; }
  MemorySystem& memory() { return memory_; }

 private:
  MemorySystem memory_;
  Time now_ = 0;
};

GpuDescription small_l2(const char* name, double megabytes) {
  GpuDescription gpu = load_gpu(name);
  gpu.l2.size_bytes = megabytes * kMegabyte;
  return gpu;
}

/// Bytes of the last of three passes over `bytes` that came from DRAM.
std::uint64_t fetched_in_a_loop(const GpuDescription& gpu, std::uint64_t bytes) {
  constexpr std::uint32_t kPiece = 65536;
  L2 l2(gpu);
  std::uint64_t before = 0;
  for (int pass = 0; pass < 3; ++pass) {
    before = l2.fetched();
    for (std::uint64_t at = 0; at < bytes; at += kPiece) l2.access(0, at, kPiece);
  }
  return l2.fetched() - before;
}

TEST(L2, ALoopStaysWholeUpToTheSizeAndIsLostAboveIt) {
  const GpuDescription gpu = small_l2("rtx4090", 4.5);
  EXPECT_EQ(fetched_in_a_loop(gpu, gpu.l2.size_bytes / 65536 * 65536), 0u);
  const std::uint64_t above = 5 * kMegabyte + kMegabyte / 2;  // each set is one short at least
  EXPECT_EQ(fetched_in_a_loop(gpu, above), above);
}

TEST(L2, ContiguousMemoryFillsEverySetTheSame) {
  for (const std::string& name : gpu_names()) {
    const GpuDescription gpu = load_gpu(name);
    const auto size = static_cast<std::uint64_t>(gpu.l2.size_bytes);
    const AddressMap map(gpu.dram, gpu.l2.slices, 4 * size);
    const L2Tags tags(gpu.l2.size_bytes / gpu.l2.slices, gpu.l2.ways, gpu.dram.interleave_bytes);
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> blocks;
    for (std::uint64_t at = size; at < 2 * size;
         at += static_cast<std::uint64_t>(gpu.dram.interleave_bytes)) {
      const Place place = map.place(at);
      ++blocks[{place.slice, tags.set_of(place.unit)}];
    }
    for (const auto& [set, count] : blocks)
      EXPECT_NEAR(count, gpu.l2.ways, 2) << name << " set " << set.second;
  }
}

/// An address whose slice is in the other partition than SM `sm`.
std::uint64_t far_from(const GpuDescription& gpu, std::uint32_t sm) {
  const AddressMap map(gpu.dram, gpu.l2.slices, 256 * kMegabyte);
  std::uint64_t address = 0;
  while (((map.place(address).slice ^ sm) & 1) == 0) address += 512;
  return address;
}

TEST(L2, WhatWasReadFromTheFarPartitionIsNearThen) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  const Clock clock = Clock::from_mhz(gpu.sm.clock_mhz);
  L2 l2(gpu);
  const std::uint64_t address = far_from(gpu, 0);
  l2.access(1, address, 32);  // its own side fetches it
  const Time far = l2.access(0, address, 32), near = l2.access(0, address, 32);
  EXPECT_NEAR(clock.to_cycles(far) - clock.to_cycles(near), gpu.l2.far_extra_cycles, 2);
  EXPECT_EQ(l2.access(2, address, 32), near);  // for every SM of that side
  EXPECT_EQ(l2.hits(), 3u);
  EXPECT_EQ(l2.memory().counters().far_sectors, 1u);
}

TEST(L2, CopiesTakeThePlaceOfOthers) {
  // All SMs read everything: 2 x 3 MB do not fit 4 MB, 2 x 1.5 MB do.
  const GpuDescription gpu = small_l2("a100-sxm-40g", 4);
  const auto fetched_by_both = [&](std::uint64_t bytes) {
    L2 l2(gpu);
    std::uint64_t before = 0;
    for (int pass = 0; pass < 3; ++pass) {
      before = l2.fetched();
      for (std::uint64_t at = 0; at < bytes; at += 32768) {
        l2.access(0, at, 32768);
        l2.access(1, at, 32768);
      }
    }
    return l2.fetched() - before;
  };
  EXPECT_EQ(fetched_by_both(3 * kMegabyte / 2), 0u);
  EXPECT_EQ(fetched_by_both(3 * kMegabyte), 3 * kMegabyte);
  GpuDescription one = gpu;
  one.l2.partitions = 1;
  const auto all_kept = [&](std::uint64_t bytes) { return fetched_in_a_loop(one, bytes) == 0; };
  EXPECT_TRUE(all_kept(3 * kMegabyte));
}

TEST(L2, AWriteEndsTheCopy) {
  const GpuDescription gpu = load_gpu("a100-sxm-40g");
  L2 l2(gpu, true);
  const std::uint64_t address = far_from(gpu, 0);
  std::array<std::uint8_t, 64> bytes{}, sent{};
  l2.access(0, address, 64, false, bytes.data());  // SM 0 has a copy in its partition
  for (const std::uint16_t writer : {1, 0}) {
    sent.fill(static_cast<std::uint8_t>(writer + 7));
    l2.access(writer, address, 64, true, sent.data());
    l2.access(0, address, 64, false, bytes.data());
    EXPECT_EQ(bytes, sent) << writer;
  }
  l2.memory().touch({address, 0, 64, 1, 1}, true);
  l2.access(0, address, 64, false, bytes.data());
  EXPECT_EQ(bytes, sent);
}

}  // namespace
}  // namespace fp6sim::sim
