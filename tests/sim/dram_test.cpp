// DRAM: every profile against closed forms - unloaded latency, peak, what refresh leaves - and hand-computed
// sequences.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/memory_path/address_map.h"
#include "sim/memory_path/dram_channel.h"

namespace fp6sim::sim {
namespace {

DramChannel::Request request(std::uint32_t bank, std::uint32_t row, std::uint16_t bytes, Time arrived = 0) {
  return {0, row, static_cast<std::uint8_t>(bank), 1, bytes, arrived};
}

TEST(DramProfiles, PeakIsTheDatasheets) {
  const std::pair<const char*, double> peaks[] = {
      {"a100-sxm-40g", 1555}, {"a100-sxm-80g", 2039},   {"h100-sxm", 3352},
      {"h100-pcie", 2039},    {"h200", 4800},           {"v100-sxm", 897},
      {"rtx4090", 1008},      {"rtx4070ti-super", 672}, {"l40s", 864}};
  for (const auto& [gpu, peak] : peaks) {
    EXPECT_NEAR(load_gpu(gpu).dram.peak_bytes_per_s() / 1e9 / peak, 1, 0.001) << gpu;
  }
}

TEST(DramProfiles, AnUnloadedReadTakesActivateColumnAndBurst) {
  for (const std::string& name : gpu_names()) {
    DramDescription dram = load_gpu(name).dram;
    dram.refi_ns = 1e6;  // no refresh in the way
    const DramTiming timing = DramTiming::from(dram);
    DramChannel channel(timing, 0);
    channel.push(request(0, 7, static_cast<std::uint16_t>(dram.burst_bytes)), false);
    const auto served = channel.serve(0);
    EXPECT_EQ(served.data_start, timing.rcd + timing.cl) << name;
    EXPECT_EQ(served.data_end, timing.rcd + timing.cl + timing.burst) << name;
  }
}

TEST(DramProfiles, AnOpenRowSkipsTheActivationAndAConflictPaysPrecharge) {
  DramDescription dram = load_gpu("a100-sxm-40g").dram;
  dram.refi_ns = 1e6;
  const DramTiming t = DramTiming::from(dram);
  DramChannel channel(t, 0);
  channel.push(request(0, 1, 32), false);
  channel.serve(0);
  const Time later = 60'000'000;  // 60 ns: tRAS is over, the row still open
  channel.push(request(0, 1, 32, later), false);
  EXPECT_EQ(channel.serve(later).data_start, later + t.cl);
  const Time conflict = 120'000'000;
  channel.push(request(0, 2, 32, conflict), false);
  EXPECT_EQ(channel.serve(conflict).data_start, conflict + t.rp + t.rcd + t.cl);
  EXPECT_EQ(channel.counters().row_hits, 1u);
  EXPECT_EQ(channel.counters().row_misses, 2u);
}

/// A stream of whole pages over all banks in turn, always enough queued.
double streamed_share_of_peak(const DramDescription& dram, bool write) {
  const DramTiming timing = DramTiming::from(dram);
  DramChannel channel(timing, 3);
  Time now = 0, end = 0;
  std::uint64_t bytes = 0;
  std::uint32_t page = 0;
  int queued = 0;
  const Time span = static_cast<Time>(40 * dram.refi_ns * 1e6);
  while (end < span) {
    for (; queued < 24; ++queued, ++page) {
      channel.push(request(page / 2 % static_cast<std::uint32_t>(dram.banks),
                           page / 2 / static_cast<std::uint32_t>(dram.banks), 512, now),
                   write);
    }
    now = channel.next_decision(now);
    end = channel.serve(now).data_end;
    --queued;
    bytes += 512;
  }
  return static_cast<double>(bytes) / (static_cast<double>(end) / kFemtosecondsPerSecond) /
         dram.channel_bytes_per_s();
}

TEST(DramProfiles, StreamsReachWhatRefreshLeavesOfThePeak) {
  for (const std::string& name : gpu_names()) {
    DramDescription dram = load_gpu(name).dram;
    const double closed_form = dram.sustained_bytes_per_s() / dram.peak_bytes_per_s();
    EXPECT_NEAR(streamed_share_of_peak(dram, false) / closed_form, 1, 0.01) << name;
    EXPECT_NEAR(streamed_share_of_peak(dram, true) / closed_form, 1, 0.01) << name << " writes";
    dram.row_policy = "open";
    EXPECT_NEAR(streamed_share_of_peak(dram, false) / closed_form, 1, 0.01) << name << " open rows";
  }
}

TEST(DramChannel, OneBankOfDifferentRowsIsBoundByTheRowCycle) {
  DramDescription dram = load_gpu("a100-sxm-40g").dram;
  dram.refi_ns = 1e6;
  const DramTiming t = DramTiming::from(dram);
  DramChannel channel(t, 0);
  constexpr int kReads = 50;
  for (int i = 0; i < kReads; ++i) channel.push(request(0, static_cast<std::uint32_t>(i), 32), false);
  Time now = 0, end = 0;
  for (int i = 0; i < kReads; ++i) {
    now = channel.next_decision(now);
    end = channel.serve(now).data_end;
  }
  EXPECT_EQ(end, (kReads - 1) * (t.ras + t.rp) + t.rcd + t.cl + t.burst);
}

TEST(DramChannel, TurningTheBusRoundCostsTheTurnaround) {
  DramDescription dram = load_gpu("h100-sxm").dram;
  dram.refi_ns = 1e6;
  const DramTiming t = DramTiming::from(dram);
  DramChannel channel(t, 0);
  channel.push(request(0, 0, 512), false);
  const Time read_end = channel.serve(0).data_end;
  channel.push(request(1, 0, 512), true);
  const auto written = channel.serve(0);
  EXPECT_TRUE(written.write);
  EXPECT_GE(written.data_start, read_end + t.rtw);
}

TEST(AddressMap, EveryMappingSpreadsARegionEvenlyExceptHigh) {
  for (const std::string& name : gpu_names()) {
    GpuDescription gpu = load_gpu(name);
    for (const char* mapping : {"hashed", "low", "high"}) {
      gpu.dram.mapping = mapping;
      const std::uint64_t unit = static_cast<std::uint64_t>(gpu.dram.interleave_bytes);
      const std::uint64_t region = unit * static_cast<std::uint64_t>(gpu.dram.channels) * 16;
      const AddressMap map(gpu.dram, gpu.l2.slices, region * 64);
      std::vector<int> per_channel(static_cast<std::size_t>(gpu.dram.channels));
      for (std::uint64_t address = 0; address < region; address += unit)
        ++per_channel[map.place(address).channel];
      const int used = static_cast<int>(
          std::count_if(per_channel.begin(), per_channel.end(), [](int n) { return n > 0; }));
      if (std::string(mapping) == "high") {
        EXPECT_LE(used, 4) << name;
      } else {
        EXPECT_EQ(*std::min_element(per_channel.begin(), per_channel.end()), 16) << name << " " << mapping;
        EXPECT_EQ(*std::max_element(per_channel.begin(), per_channel.end()), 16) << name << " " << mapping;
      }
    }
  }
}

}  // namespace
}  // namespace fp6sim::sim
