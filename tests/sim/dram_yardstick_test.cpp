// Our DRAM channels beside another simulator's at equal timing table, channels, mapping and front end: the
// table says how its figures were measured.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <ostream>
#include <queue>
#include <sstream>
#include <string>
#include <vector>

#include "sim/memory_path/address_map.h"
#include "sim/memory_path/dram_channel.h"

namespace fp6sim::sim {
namespace {

constexpr std::uint64_t kRequestBytes = 64, kBlockBytes = 512, kRowBytes = 2048;
constexpr std::uint64_t kRequests = 20'000'000 / kRequestBytes;
constexpr Time kCycle = 1'000'000;  // 1 ns

struct Yardstick {
  std::string mapping;
  std::uint64_t channels;
  std::string pattern, write;
  double gb_per_s, within_pct;
};

void PrintTo(const Yardstick& y, std::ostream* out) {
  *out << y.channels << " channels, bits " << y.mapping << ", " << y.pattern << ", writes: " << y.write;
}

std::vector<Yardstick> yardsticks() {
  std::ifstream table(FP6SIM_DRAM_YARDSTICKS);
  std::vector<Yardstick> rows;
  std::string line;
  while (std::getline(table, line)) {
    if (line.empty() || line[0] == '#' || line.starts_with("mapping,")) continue;
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream cells(line);
    Yardstick row;
    cells >> row.mapping >> row.channels >> row.pattern >> row.write >> row.gb_per_s >> row.within_pct;
    rows.push_back(row);
  }
  return rows;
}

DramTiming timing_table() {
  const auto ns = [](double t) { return static_cast<Time>(t * 1e6); };
  DramTiming t{};
  t.burst = ns(2);
  t.burst_bytes = 64;
  t.banks = 16;
  t.rcd = ns(14), t.rp = ns(14), t.ras = ns(34), t.cl = ns(14);
  t.rrd = ns(4), t.faw = ns(30), t.ccd_long = ns(2);
  t.wtr = ns(8), t.rtw = ns(2), t.wr = ns(16);
  t.refi = ns(3900), t.rfc = ns(260);
  t.idle_close = kNever, t.open_ahead = true;  // row_buf_policy = OPEN_PAGE
  return t;
}

struct Access {
  std::uint64_t address;
  bool write;
};

Access access(const Yardstick& y, std::uint64_t i) {
  constexpr std::uint64_t kPerBlock = kBlockBytes / kRequestBytes;
  const std::uint64_t block = i / kPerBlock, inside = i % kPerBlock * kRequestBytes;
  if (y.pattern == "sequential") return {i * kRequestBytes, y.write == "all"};
  if (y.pattern == "scattered")
    return {hash_bits(block * 0x9E3779B97F4A7C15ull) % (1u << 21) * kBlockBytes + inside, false};
  if (y.pattern == "random")
    return {hash_bits(i * 0x9E3779B97F4A7C15ull) % (1u << 24) * kRequestBytes, false};
  const std::uint64_t round = block / 3, second = 13975552;
  if (block % 3 < 2) return {round * 2 * kBlockBytes + block % 3 * kBlockBytes + inside, false};
  return {second + round * kBlockBytes + inside, y.write == "second"};
}

/// row | bank | channel | column for `high`, row | bank | column | channel for `low`.
struct Target {
  std::size_t channel;
  DramRequest request;
};
Target target(const Yardstick& y, std::uint64_t address, Time now) {
  std::uint64_t rest = address / kRequestBytes;
  const auto take = [&](std::uint64_t count) {
    const std::uint64_t digit = rest % count;
    rest /= count;
    return digit;
  };
  std::uint64_t channel = 0;
  if (y.mapping == "low") channel = take(y.channels);
  take(kRowBytes / kRequestBytes);
  if (y.mapping == "high") channel = take(y.channels);
  const auto bank = static_cast<std::uint8_t>(take(16));
  return {channel, {0, static_cast<std::uint32_t>(rest), bank, 1, kRequestBytes, now}};
}

/// A channel behind DRAMsim3's front end: a queue for reads and one for writes, from which one request a
/// cycle moves to its bank's queue of commands, where it stays until its column command.
struct Fronted {
  static constexpr std::size_t kQueue = 32, kBankQueue = 8;
  struct Leaving {
    Time when;
    std::uint8_t bank;
  };
  DramChannel channel;
  std::array<std::vector<DramRequest>, 2> queues{};
  std::array<std::size_t, 16> in_bank{};
  std::vector<Leaving> leaving{};
  std::size_t draining = 0;
  Time last_data = 0;
  std::uint64_t served = 0;

  bool accepts(bool write) const { return queues[write].size() < kQueue; }
  void cycle(Time now, Time cl) {
    for (std::size_t i = leaving.size(); i-- > 0;) {
      if (leaving[i].when > now) continue;
      --in_bank[leaving[i].bank];
      leaving[i] = leaving.back();
      leaving.pop_back();
    }
    while (!channel.idle() && channel.next_decision(now) <= now) {
      const auto one = channel.try_serve(now);
      if (!one) continue;
      leaving.push_back({one->data_start - cl, one->request.bank});
      last_data = std::max(last_data, one->data_end);
      ++served;
    }
    if (draining == 0 &&
        (queues[1].size() == kQueue || (queues[1].size() > 8 && leaving.empty() && channel.idle())))
      draining = queues[1].size();
    std::vector<DramRequest>& queue = queues[draining > 0 ? 1 : 0];
    const auto next = std::find_if(queue.begin(), queue.end(),
                                   [&](const DramRequest& r) { return in_bank[r.bank] < kBankQueue; });
    if (next == queue.end()) return;
    ++in_bank[next->bank];
    next->arrived = now;
    channel.push(*next, draining > 0);
    if (draining > 0) --draining;
    queue.erase(next);
  }
};

double simulated_gb_per_s(const Yardstick& y) {
  const DramTiming timing = timing_table();
  std::vector<Fronted> channels;
  // One index: DRAMsim3's channels refresh all at once.
  for (std::uint32_t i = 0; i < y.channels; ++i)
    channels.push_back({.channel = DramChannel(timing, 0, kRequestBytes)});
  Time end = 0;
  std::uint64_t issued = 0, served = 0;
  for (Time now = 0; served < kRequests && now < 10 * kCycle * static_cast<Time>(kRequests); now += kCycle) {
    for (; issued < kRequests; ++issued) {
      const Access next = access(y, issued);
      const Target to = target(y, next.address, now);
      if (!channels[to.channel].accepts(next.write)) break;
      channels[to.channel].queues[next.write].push_back(to.request);
    }
    served = 0;
    for (Fronted& channel : channels) {
      channel.cycle(now, timing.cl);
      end = std::max(end, channel.last_data);
      served += channel.served;
    }
  }
  return static_cast<double>(kRequests * kRequestBytes) / (static_cast<double>(end) / 1e6);
}

class DramYardstick : public testing::TestWithParam<Yardstick> {};

TEST_P(DramYardstick, IsMet) {
  const double simulated = simulated_gb_per_s(GetParam());
  RecordProperty("gb_per_s", std::to_string(simulated));
  EXPECT_NEAR(100 * (simulated / GetParam().gb_per_s - 1), 0, GetParam().within_pct) << simulated << " GB/s";
}

TEST(DramYardsticks, AreRead) {
  EXPECT_EQ(yardsticks().size(), 14u);
  for (const Yardstick& y : yardsticks()) EXPECT_GE(y.within_pct, 3) << testing::PrintToString(y);
}

std::string name_of(const testing::TestParamInfo<Yardstick>& named) {
  const Yardstick& y = named.param;
  return y.mapping + std::to_string(y.channels) + "_" + y.pattern + "_" + y.write;
}

INSTANTIATE_TEST_SUITE_P(DramSim3, DramYardstick, testing::ValuesIn(yardsticks()), name_of);

}  // namespace
}  // namespace fp6sim::sim
