// One DRAM (pseudo-)channel: queue, banks, row buffers, activation windows, refresh and bus turnaround.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/memory_path/request_queue.h"
#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

/// A profile's timings as integers.
struct DramTiming {
  Time burst, rcd, rp, ras, cl, rrd, faw, ccd_long, wtr, rtw, wr, refi, rfc;
  int burst_bytes, banks;
  /// DramDescription::row_policy. kNever: an unused row stays open.
  Time idle_close;
  bool open_ahead;

  static DramTiming from(const DramDescription& dram);
};

struct DramCounters {
  std::uint64_t read_bytes = 0, write_bytes = 0, row_hits = 0, row_misses = 0, refreshes = 0, turnarounds = 0;
};

/// The rule, first ready first come first served: among the oldest `kWindow` requests of the current
/// direction take the first whose data can follow the bus without a gap, else the one whose data can come
/// first. Reads go before writes until `kWriteHigh` writes wait; then writes drain to kWriteLow: no vendor
/// says how many, and these give large copies their measured rate on H100 and H200. A request older than
/// kPatience is taken whatever it costs.
///
/// Two row policies (DramDescription::row_policy). `close-idle`: a row nobody asked for is precharged after
/// 200 ns, in the background; a request is committed once, its row's opening and its place on the bus
/// together. `open`: rows stay open until another is wanted, and every bank whose open row nobody in the
/// window asks for opens the row of its oldest request at once, while the bus still serves others; where
/// nobody's data can follow the bus, nothing is committed and whoever comes next may fill the gap.
class DramChannel {
 public:
  static constexpr std::size_t kWindow = 16;
  static constexpr std::size_t kWriteHigh = 10;
  static constexpr std::size_t kWriteLow = 7;
  static constexpr Time kPatience = 30'000'000'000;  // 30 us

  using Request = DramRequest;
  struct Served {
    Request request;
    bool write;
    Time data_start, data_end;
  };

  /// `request_bytes`: the largest request. The limits above are for 512 bytes; smaller requests get as many
  /// bytes' worth.
  DramChannel(const DramTiming& timing, std::uint32_t index, int request_bytes = kMaxTransactionBytes);

  /// Requests are pushed in the order they arrive; `arrived` may lie in the future (the way from the L2 is
  /// constant).
  void push(const Request& request, bool write) { (write ? writes_ : reads_).push(request); }
  bool idle() const { return reads_.empty() && writes_.empty(); }
  /// When the next request may be committed: banks are prepared this far ahead of the bus.
  Time next_decision(Time now) const;
  /// Commits one request at `now`, or none where it is better to wait until next_decision(). Not idle.
  std::optional<Served> try_serve(Time now);
  /// The same, waiting.
  Served serve(Time now);
  /// Whom the next decisions will probably serve, or nullptr.
  const Request* oldest_read() const { return reads_.empty() ? nullptr : &reads_[0]; }
  const DramCounters& counters() const { return counters_; }

 private:
  struct Bank {
    std::int64_t row = -1;
    Time column_ready = 0;  // earliest next column command
    Time precharge_ready = 0;
    Time active_ready = 0;  // earliest next activation
  };

  void refresh(Time now);
  Time data_start(const Request& request, Time decision) const;
  void commit(const Request& request, Time now, bool write, Time start, Time end);
  Time activate_time(const Bank& bank, Time now) const;
  void record_activate(Time at);
  static std::size_t window_of(const RequestQueue& queue);
  void open_ahead(const RequestQueue& queue, Time now, std::bitset<128>& settled);
  Time open_other_rows(const Request& request, Time now);
  bool open(const Bank& bank, const Request& request, Time now) const;

  DramTiming timing_;
  std::size_t scale_;
  std::vector<Bank> banks_;
  RequestQueue reads_, writes_;
  std::array<Time, 4> activates_{};
  std::size_t next_activate_ = 0;
  Time last_activate_ = -kNever;
  Time bus_free_ = 0;
  Time wait_until_ = 0;
  Time next_refresh_;
  bool draining_ = false;
  bool last_write_ = false;
  DramCounters counters_;
};

}  // namespace fp6sim::sim
