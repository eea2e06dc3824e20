#include "sim/memory_path/dram_channel.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fp6sim::sim {
namespace {

constexpr Time kIdleClose = 200'000'000;  // 200 ns
constexpr Time kLookAgain = 1'000'000;    // 1 ns: somebody may have come who fills the gap

Time from_ns(double ns) {
  return static_cast<Time>(std::llround(ns * 1e6));
}

}  // namespace

DramTiming DramTiming::from(const DramDescription& dram) {
  DramTiming t{};
  t.burst =
      static_cast<Time>(std::llround(dram.burst_bytes / dram.channel_bytes_per_s() * kFemtosecondsPerSecond));
  t.burst_bytes = dram.burst_bytes;
  t.banks = dram.banks;
  t.rcd = from_ns(dram.rcd_ns);
  t.rp = from_ns(dram.rp_ns);
  t.ras = from_ns(dram.ras_ns);
  t.cl = from_ns(dram.cl_ns);
  t.rrd = from_ns(dram.rrd_ns);
  t.faw = from_ns(dram.faw_ns);
  t.ccd_long = from_ns(dram.ccd_long_ns);
  t.wtr = from_ns(dram.wtr_ns);
  t.rtw = from_ns(dram.rtw_ns);
  t.wr = from_ns(dram.wr_ns);
  const bool open = dram.row_policy == "open";
  t.idle_close = open ? kNever : kIdleClose;
  t.open_ahead = open;
  t.refi = from_ns(dram.refi_ns);
  t.rfc = from_ns(dram.rfc_ns);
  return t;
}

DramChannel::DramChannel(const DramTiming& timing, std::uint32_t index, int request_bytes)
    : timing_(timing),
      scale_(static_cast<std::size_t>(kMaxTransactionBytes / request_bytes)),
      banks_(static_cast<std::size_t>(timing.banks)) {
  activates_.fill(-kNever);
  // Channels refresh at staggered times, as controllers do to keep the current flat.
  next_refresh_ = static_cast<Time>(hash_bits(index + 1) % static_cast<std::uint64_t>(timing.refi));
}

Time DramChannel::next_decision(Time now) const {
  const Time lead = timing_.rp + timing_.rcd + timing_.cl;
  return std::max({now, bus_free_ - lead, wait_until_});
}

void DramChannel::refresh(Time now) {
  while (next_refresh_ <= now) {
    const Time end = std::max(next_refresh_, bus_free_) + timing_.rfc;
    for (Bank& bank : banks_) {
      bank.row = -1;
      bank.active_ready = std::max(bank.active_ready, end - timing_.rcd - timing_.cl);
    }
    bus_free_ = end;
    next_refresh_ += timing_.refi;
    ++counters_.refreshes;
  }
}

Time DramChannel::activate_time(const Bank& bank, Time now) const {
  Time at = bank.active_ready;
  if (bank.row >= 0 && now - bank.precharge_ready < timing_.idle_close)
    at = std::max(at, std::max(bank.precharge_ready, now) + timing_.rp);
  at = std::max({at, now, last_activate_ + timing_.rrd, activates_[next_activate_] + timing_.faw});
  return at;
}

void DramChannel::record_activate(Time at) {
  last_activate_ = at;
  activates_[next_activate_] = at;
  next_activate_ = (next_activate_ + 1) % activates_.size();
}

bool DramChannel::open(const Bank& bank, const Request& request, Time now) const {
  return bank.row == static_cast<std::int64_t>(request.row) &&
         now - bank.precharge_ready < timing_.idle_close;
}

Time DramChannel::data_start(const Request& request, Time decision) const {
  const Time now = std::max(decision, request.arrived);
  const Bank& bank = banks_[request.bank];
  if (open(bank, request, now)) return std::max(bank.column_ready, now) + timing_.cl;
  return activate_time(bank, now) + timing_.rcd + timing_.cl;
}

void DramChannel::commit(const Request& request, Time now, bool write, Time start, Time end) {
  Bank& bank = banks_[request.bank];
  if (!open(bank, request, now)) {
    const Time at = activate_time(bank, now);
    record_activate(at);
    bank.row = request.row;
    bank.active_ready = at + timing_.ras + timing_.rp;
    bank.precharge_ready = at + timing_.ras;
    ++counters_.row_misses;
  } else {
    ++counters_.row_hits;
  }
  // Bursts of one bank follow each other tCCD_L apart; other bank groups' bursts fill the bus between them.
  const Time bursts = (request.bytes + timing_.burst_bytes - 1) / timing_.burst_bytes;
  bank.column_ready = std::max(bank.column_ready, start - timing_.cl) + bursts * timing_.burst;
  bank.precharge_ready = std::max(bank.precharge_ready, end + (write ? timing_.wr : 0));
}

std::size_t DramChannel::window_of(const RequestQueue& queue) {
  return std::min(queue.size(),
                  kWindow * kMaxTransactionBytes / std::max<std::size_t>(kSectorBytes, queue[0].bytes));
}

/// The requests it stands for beyond the first open rows of their own. With the queue's choice among many,
/// they find the banks about evenly used: in turn.
Time DramChannel::open_other_rows(const Request& request, Time now) {
  Time end = 0;
  for (int i = 1; i < request.rows; ++i) {
    Bank& bank = *std::min_element(banks_.begin(), banks_.end(), [](const Bank& a, const Bank& b) {
      return std::max(a.active_ready, a.precharge_ready) < std::max(b.active_ready, b.precharge_ready);
    });
    const Time at = activate_time(bank, now);
    record_activate(at);
    bank.row = -1;
    bank.active_ready = at + timing_.ras + timing_.rp;
    bank.precharge_ready = at + timing_.ras;
    ++counters_.row_misses;
    end = at + timing_.rcd + timing_.cl + timing_.burst;
  }
  return end;
}

/// `settled`: banks whose rows are not to be touched; those of the queue's requests are added.
void DramChannel::open_ahead(const RequestQueue& queue, Time now, std::bitset<128>& settled) {
  if (queue.empty()) return;
  const std::size_t window = window_of(queue);
  for (std::size_t i = 0; i < window; ++i) {
    const Request& request = queue[i];
    if (request.arrived <= now && open(banks_[request.bank], request, now)) settled.set(request.bank);
  }
  for (std::size_t i = 0; i < window; ++i) {
    const Request& request = queue[i];
    if (request.arrived > now || settled[request.bank]) continue;
    settled.set(request.bank);
    Bank& bank = banks_[request.bank];
    const Time at = activate_time(bank, now);
    if (at > now + timing_.rp + timing_.rrd) continue;  // later: activations are counted in order
    record_activate(at);
    bank.row = request.row;
    bank.active_ready = at + timing_.ras + timing_.rp;
    bank.precharge_ready = at + timing_.ras;
    bank.column_ready = std::max(bank.column_ready, at + timing_.rcd);
    ++counters_.row_misses;
  }
}

DramChannel::Served DramChannel::serve(Time now) {
  std::optional<Served> served;
  for (; !served; now = next_decision(now)) served = try_serve(now);
  return *served;
}

std::optional<DramChannel::Served> DramChannel::try_serve(Time now) {
  now = std::max(now, wait_until_);  // the event's slot begins before it
  assert(!idle());
  refresh(now);
  if (writes_.size() >= kWriteHigh * scale_) draining_ = true;
  if (writes_.size() <= kWriteLow * scale_) draining_ = false;
  const bool write = reads_.empty() || (draining_ && !writes_.empty());
  RequestQueue& queue = write ? writes_ : reads_;
  Time bus = bus_free_;
  // After writes a read command waits tWTR from the last data, and its own data CL more.
  if (write != last_write_) bus += write ? timing_.rtw : timing_.wtr + timing_.cl;

  if (timing_.open_ahead) {
    std::bitset<128> settled;
    open_ahead(queue, now, settled);
    open_ahead(write ? reads_ : writes_, now, settled);
  }
  std::size_t chosen = 0;
  Time chosen_start = data_start(queue[0], now);
  if (chosen_start > bus && now - queue[0].arrived < kPatience) {
    const std::size_t window = window_of(queue);
    for (std::size_t i = 1; i < window; ++i) {
      const Time start = data_start(queue[i], now);
      if (start < chosen_start) {
        chosen = i;
        chosen_start = start;
        if (start <= bus) break;
      }
    }
  }
  if (timing_.open_ahead && chosen_start > bus && chosen_start - timing_.cl > now) {
    wait_until_ = std::min(chosen_start - timing_.cl, now + kLookAgain);
    return std::nullopt;
  }
  const Request request = queue.take(chosen);

  const Time bursts = (request.bytes + timing_.burst_bytes - 1) / timing_.burst_bytes;
  const Time start = std::max(chosen_start, bus);
  const Time end = start + bursts * timing_.burst;
  commit(request, std::max(now, request.arrived), write, start, end);
  const Time last_end = std::max(end, open_other_rows(request, std::max(now, request.arrived)));
  if (write != last_write_) ++counters_.turnarounds;
  last_write_ = write;
  bus_free_ = end;
  (write ? counters_.write_bytes : counters_.read_bytes) +=
      static_cast<std::uint64_t>(bursts * timing_.burst_bytes);
  return Served{request, write, start, last_end};
}

}  // namespace fp6sim::sim
