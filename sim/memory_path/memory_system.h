// Crossbar, L2 and DRAM of a whole GPU as one event-driven model behind one timing wheel. Plain C++: the
// SystemC module around it (sim/system/memory_module.h) only says up to when it may run.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sim/memory_path/address_map.h"
#include "sim/memory_path/coalescer.h"
#include "sim/memory_path/dram_channel.h"
#include "sim/memory_path/l2_slice.h"
#include "sim/memory_path/payload_store.h"
#include "sim/memory_path/slice_units.h"
#include "sim/memory_path/timing_wheel.h"
#include "sim/memory_path/transaction.h"

namespace fp6sim::sim {

struct MemoryCounters {
  std::uint64_t l2_read_sectors = 0, l2_hit_sectors = 0, l2_merged_sectors = 0, l2_write_sectors = 0;
  std::uint64_t far_sectors = 0, crossbar_bytes = 0, mshr_stalls = 0, transactions = 0;
};

/// A transaction's way: SM port -> (request_latency) -> slice port and tags -> hit: (response_latency) -> SM
/// port; miss: MSHR -> (path/2) -> DRAM channel -> (path/2) -> fill, everybody waiting answered. Writes
/// allocate without fetching (whole sectors only) and leave by eviction.
///
/// An L2 of two partitions holds what an SM reads from the far one in both: the answer leaves a copy in the
/// near partition, which takes a place there, answers the next reads from that side, and goes when its block
/// is written. Copies come with the answer at once; between that and the port's time lies less than a stage.
class MemorySystem {
 public:
  /// `transaction_bytes`: 512, or 128 in exact mode. `span_bytes`: the address space in use, below 2^32
  /// transactions (else Error).
  MemorySystem(const GpuDescription& gpu, int transaction_bytes, std::uint64_t span_bytes);

  /// Puts a design's unit at every slice, for segments whose crossbar_factor says that they are expanded
  /// below.
  void place_unit(const UnitUse& use) { units_.place(use, slices_.size(), clock_); }

  /// Takes over an SM's request issued at `at`; `at` + request_latency() must not lie before the last
  /// advance(). `bytes`: functional mode's buffer of the request, its pieces one after the other; it must
  /// stay until the request is done.
  void submit(const StageRequest& request, Time at, std::uint8_t* bytes = nullptr);
  /// Runs up to `until`; completed stages are appended to `done` (their `when` may lie a little after
  /// `until`).
  void advance(Time until, std::vector<StageCompletion>& done);
  bool idle() const { return in_flight_ == 0; }
  /// The soonest an SM's request reaches a slice: how far this model may run ahead of the SMs.
  Time request_latency() const { return half_latency_; }

  /// Puts data into the L2 without time passing (a previous run's `sm` streamed it, or wrote it: `dirty`).
  /// kNoSm: some SM of the partition where it belongs.
  void touch(const Segment& segment, bool dirty = false, std::uint32_t sm = kNoSm);
  static constexpr std::uint32_t kNoSm = UINT32_MAX;

  /// Functional mode from now on: every transaction carries its bytes, and short pieces of neighbouring rows
  /// travel apart (pieces.h). Costs no simulated time.
  PayloadStore& carry_payloads();

  const MemoryCounters& counters() const { return counters_; }
  DramCounters dram_counters() const;

 private:
  enum Phase : std::uint8_t { kAtSlice, kFilled, kAtSm };
  struct Stage {
    StageCompletion completion;
    Time issued = 0;
    std::uint32_t remaining = 0;
  };
  struct Slice {
    L2Tags tags;
    Time port_free = 0;
    int outstanding_bytes = 0;
    Coalescer coalescer;
    std::deque<std::uint32_t> blocked;  // transactions waiting for an MSHR
  };
  struct Mshr {
    std::uint32_t line = 0;  // of the slice's tags
    std::uint16_t requested = 0;
    std::uint16_t fills = 0;
    std::uint32_t first = 0, last = 0;
  };

  // memory_system.cpp: SM ports, DRAM channels, the event loop.
  std::uint32_t block_of(std::uint64_t address) const {
    return static_cast<std::uint32_t>(address / block_bytes_);
  }
  /// Counts the blocks of a slice on.
  std::uint32_t number_in_slice(std::uint32_t block, const Place& place) const {
    return place.unit * blocks_in_unit_.value() + blocks_in_unit_.remainder(block);
  }
  std::uint32_t new_transaction(std::uint32_t block);
  void release(std::uint32_t index);
  void schedule(std::uint32_t index) { wheel_.schedule(first_id_ + index, transactions_[index].arrived); }
  void run(std::uint32_t id, Time now, std::vector<StageCompletion>& done);
  void prefetch(std::uint32_t id, std::int64_t slots_ahead) const;
  void to_channel(std::uint32_t index, Time arrival);
  void serve_channel(std::uint32_t channel, Time now);
  void at_sm(std::uint32_t index, Time now, std::vector<StageCompletion>& done);
  /// How long before a read's last sector its first comes: ports pass sectors on as they come, so that a
  /// large transaction takes no longer than small ones.
  Time streamed_before(const Transaction& t) const {
    if (t.write) return 0;
    return rounded((t.bytes - kSectorBytes) * static_cast<double>(t.crossbar_factor) * stream_fs_per_byte_);
  }
  bool is_far(std::uint32_t sm, std::uint32_t slice) const {
    return partitions_ == 2 && ((sm ^ slice) & 1) != 0;
  }
  bool is_far(const Transaction& t) const { return is_far(t.sm, t.slice); }

  // l2_path.cpp: what happens at a slice.
  void at_slice(std::uint32_t index, Time now);
  void read_at_slice(std::uint32_t index, Time now);
  void write_at_slice(std::uint32_t index, Time now);
  void start_fill(std::uint32_t index, std::uint16_t missing, std::uint32_t line, Time now);
  /// Two partitions: what an SM reads from the other one stays in its own as well, in the slice's partner.
  static std::uint32_t partner(std::uint32_t slice) { return slice ^ 1; }
  bool read_copy(std::uint32_t index, Time now);
  void keep_copy(std::uint32_t slice, std::uint32_t line, std::uint32_t block, std::uint16_t sectors,
                 Time now);
  void drop_copy(std::uint32_t slice, std::uint32_t set, std::uint32_t block);
  void append_waiter(Mshr& mshr, std::uint32_t index);
  void filled(std::uint32_t index, Time now);
  void respond(std::uint32_t index, Time ready);
  void write_back(const L2Tags::Evicted& evicted, LineName line, Time now);
  static LineName name_of(std::uint32_t slice, std::uint32_t line) {
    return std::uint64_t{slice} << 32 | line;
  }

  AddressMap map_;
  Clock clock_;
  std::uint32_t block_bytes_;
  Divisor blocks_in_unit_;  // of DRAM's interleave
  int partitions_;
  double slice_fs_per_byte_, fill_fs_per_byte_, stream_fs_per_byte_;
  Time half_latency_, half_far_, half_path_, access_;
  int mshr_bytes_;
  std::uint32_t first_id_;  // event ids: channels, then transactions
  SliceUnits units_;
  TimingWheel wheel_;
  std::vector<Transaction> transactions_;
  std::vector<std::uint32_t> free_transactions_;
  std::vector<Stage> stages_;
  std::vector<std::uint32_t> free_stages_;
  std::vector<Slice> slices_;
  std::vector<Mshr> mshrs_;
  std::vector<std::uint32_t> free_mshrs_;
  std::vector<DramChannel> channels_;
  std::vector<bool> channel_scheduled_;
  std::vector<Time> inject_free_, port_free_;
  std::uint64_t in_flight_ = 0;
  std::unique_ptr<PayloadStore> payloads_;  // null: timing alone
  MemoryCounters counters_;
};

/// An element of `pool`, used again where one is free; its content is whatever it was.
template <class T>
std::uint32_t take_from(std::vector<T>& pool, std::vector<std::uint32_t>& free_list) {
  if (free_list.empty()) {
    pool.emplace_back();
    return static_cast<std::uint32_t>(pool.size() - 1);
  }
  const std::uint32_t index = free_list.back();
  free_list.pop_back();
  return index;
}

inline constexpr std::uint32_t kNoTransaction = UINT32_MAX;
// A port takes written data at half the rate it gives read data: 32 bytes a cycle where reads have 64.
inline constexpr double kWriteCost = 2;

}  // namespace fp6sim::sim
