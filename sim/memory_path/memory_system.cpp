#include "sim/memory_path/memory_system.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "sim/memory_path/blocks.h"

namespace fp6sim::sim {
namespace {

constexpr std::uint32_t kNoTransaction = UINT32_MAX;
constexpr std::uint32_t kNoStage = UINT32_MAX;
// A port takes written data at half the rate it gives read data: 32 bytes a cycle where reads have 64.
constexpr double kWriteCost = 2;

template <class T>
std::uint32_t take(std::vector<T>& pool, std::vector<std::uint32_t>& free_list) {
  if (free_list.empty()) {
    pool.emplace_back();
    return static_cast<std::uint32_t>(pool.size() - 1);
  }
  const std::uint32_t index = free_list.back();
  free_list.pop_back();
  pool[index] = T{};
  return index;
}

}  // namespace

MemorySystem::MemorySystem(const GpuDescription& gpu, int transaction_bytes, std::uint64_t span_bytes)
    : map_(gpu.dram, gpu.l2.slices, span_bytes),
      clock_(Clock::from_mhz(gpu.sm.clock_mhz)),
      block_bytes_(transaction_bytes),
      partitions_(gpu.l2.partitions),
      slice_rate_(gpu.l2.slice_bytes_per_cycle),
      fill_rate_(gpu.sm.fill_bytes_per_cycle),
      half_latency_(clock_.cycles(gpu.l2.latency_cycles / 2)),
      half_far_(clock_.cycles(gpu.l2.far_extra_cycles / 2)),
      half_path_(clock_.cycles(gpu.dram.path_cycles / 2)),
      access_(DramTiming::from(gpu.dram).rcd + DramTiming::from(gpu.dram).cl),
      mshr_bytes_(gpu.l2.mshrs * kMaxTransactionBytes),
      channel_scheduled_(static_cast<std::size_t>(gpu.dram.channels)),
      inject_free_(static_cast<std::size_t>(gpu.sm.count)),
      port_free_(static_cast<std::size_t>(gpu.sm.count)) {
  const DramTiming timing = DramTiming::from(gpu.dram);
  for (int i = 0; i < gpu.l2.slices; ++i) {
    slices_.push_back({L2Tags(gpu.l2.size_bytes / gpu.l2.slices, gpu.l2.ways, transaction_bytes,
                              static_cast<std::uint32_t>(i)),
                       0,
                       0,
                       {}});
  }
  for (int i = 0; i < gpu.dram.channels; ++i) {
    channels_.emplace_back(timing, static_cast<std::uint32_t>(i), transaction_bytes);
  }
  wheel_.reserve_ids(static_cast<std::uint32_t>(channels_.size()));
}

std::uint32_t MemorySystem::new_transaction() {
  const std::uint32_t index = take(transactions_, free_transactions_);
  wheel_.reserve_ids(static_cast<std::uint32_t>(channels_.size() + transactions_.size()));
  ++in_flight_;
  ++counters_.transactions;
  return index;
}

void MemorySystem::release(std::uint32_t index) {
  free_transactions_.push_back(index);
  --in_flight_;
}

void MemorySystem::submit(const StageRequest& request, Time at, std::uint8_t* data) {
  const std::uint32_t stage = take(stages_, free_stages_);
  stages_[stage].completion.tag = request.tag;
  stages_[stage].completion.sm = request.sm;
  Time& inject = inject_free_[request.sm];
  inject = std::max(inject, at);
  for (int s = 0; s < request.segment_count; ++s) {
    const Segment& segment = request.segments[static_cast<std::size_t>(s)];
    for_each_block(
        segment, block_bytes_, [&](std::uint64_t address, std::uint16_t mask, std::uint16_t bytes) {
          const std::uint32_t index = new_transaction();
          Transaction& t = transactions_[index];
          const std::uint64_t begin = address % static_cast<std::uint64_t>(block_bytes_);
          t.address = address - begin;
          t.stage = stage;
          t.place = map_.place(t.address);
          t.bytes = bytes;
          t.sectors = mask;
          t.sm = request.sm;
          t.phase = kAtSlice;
          t.write = request.write;
          t.crossbar_factor = segment.crossbar_factor;
          t.issued = at;
          if (payloads_ != nullptr) {
            payloads_->submitted(index, {t.address / static_cast<std::uint64_t>(block_bytes_),
                                         static_cast<std::uint16_t>(begin), bytes, t.sm, t.write, data});
            data += bytes;
          }
          ++stages_[stage].remaining;
          inject += clock_.cycles(bytes * (request.write ? kWriteCost : 1) / fill_rate_);
          t.arrived = inject + half_latency_ + (is_far(t) ? half_far_ : 0);
          if (is_far(t)) counters_.far_sectors += static_cast<std::uint64_t>(std::popcount(mask));
          wheel_.schedule(static_cast<std::uint32_t>(channels_.size()) + index, t.arrived);
        });
  }
  assert(stages_[stage].remaining > 0 && "an empty request never completes");
}

void MemorySystem::advance(Time until, std::vector<StageCompletion>& done) {
  wheel_.advance(until, [&](std::uint32_t id, Time now) { run(id, now, done); });
}

void MemorySystem::run(std::uint32_t id, Time now, std::vector<StageCompletion>& done) {
  if (id < channels_.size()) {
    serve_channel(id, now);
    return;
  }
  const std::uint32_t index = id - static_cast<std::uint32_t>(channels_.size());
  now = std::max(now, transactions_[index].arrived);  // the slot's start, refined to the event's own time
  switch (transactions_[index].phase) {
    case kAtSlice:
      at_slice(index, now);
      break;
    case kFilled:
      filled(index, now);
      break;
    default:
      at_sm(index, now, done);
      break;
  }
}

void MemorySystem::at_slice(std::uint32_t index, Time now) {
  const Transaction& t = transactions_[index];
  const auto sectors = static_cast<std::uint64_t>(std::popcount(t.sectors));
  if (t.write) {
    counters_.l2_write_sectors += sectors;
    write_at_slice(index, now);
  } else {
    counters_.l2_read_sectors += sectors;
    read_at_slice(index, now);
  }
}

void MemorySystem::read_at_slice(std::uint32_t index, Time now) {
  Transaction& t = transactions_[index];
  Slice& slice = slices_[t.place.slice];
  const std::uint64_t block_number = t.address / static_cast<std::uint64_t>(block_bytes_);
  L2Tags::Block* block = slice.tags.find(block_number);
  const auto sectors = static_cast<std::uint64_t>(std::popcount(t.sectors));
  if (block != nullptr && (t.sectors & ~block->valid) == 0) {
    counters_.l2_hit_sectors += sectors;
    if (payloads_ != nullptr) payloads_->answered(index, name_of(*block));
    respond(index, now);
    return;
  }
  if (block != nullptr && block->mshr != L2Tags::kNoMshr) {  // somebody is already fetching: wait with them
    Mshr& mshr = mshrs_[block->mshr];
    const auto missing = static_cast<std::uint16_t>(t.sectors & ~block->valid & ~mshr.requested);
    if (missing == 0) {
      counters_.l2_merged_sectors += sectors;
      append_waiter(mshr, index);
      return;
    }
    start_fill(index, missing, *block, now);
    return;
  }
  if (slice.outstanding_bytes >= mshr_bytes_) {
    ++counters_.mshr_stalls;
    slice.blocked.push_back(index);
    return;
  }
  if (block == nullptr) {
    L2Tags::Evicted evicted;
    block = slice.tags.insert(block_number, evicted);
    if (block == nullptr) {  // every way waits for a fill: try again after one
      ++counters_.mshr_stalls;
      slice.blocked.push_back(index);
      return;
    }
    if (evicted.dirty) write_back(evicted, *block, now);  // may move transactions_: t is not used below
  }
  start_fill(index, static_cast<std::uint16_t>(transactions_[index].sectors & ~block->valid), *block, now);
}

void MemorySystem::append_waiter(Mshr& mshr, std::uint32_t index) {
  transactions_[index].next_waiter = kNoTransaction;
  if (mshr.first == kNoTransaction) {
    mshr.first = index;
  } else {
    transactions_[mshr.last].next_waiter = index;
  }
  mshr.last = index;
}

void MemorySystem::start_fill(std::uint32_t index, std::uint16_t missing, L2Tags::Block& block, Time now) {
  Transaction& t = transactions_[index];
  Slice& slice = slices_[t.place.slice];
  if (block.mshr == L2Tags::kNoMshr) {
    block.mshr = take(mshrs_, free_mshrs_);
    mshrs_[block.mshr] = {&block, 0, 0, kNoTransaction, kNoTransaction};
  }
  t.mshr = block.mshr;
  Mshr& mshr = mshrs_[block.mshr];
  append_waiter(mshr, index);
  mshr.requested |= missing;
  ++mshr.fills;
  t.fill = true;
  t.waits.l2 += now - t.arrived;
  t.fill_sectors = missing;
  t.bytes = static_cast<std::uint16_t>(std::popcount(missing) * kSectorBytes);
  slice.outstanding_bytes += t.bytes;
  to_channel(index, now + half_path_);
}

void MemorySystem::write_at_slice(std::uint32_t index, Time now) {
  const std::uint64_t block_number = transactions_[index].address / static_cast<std::uint64_t>(block_bytes_);
  const std::uint16_t sectors = transactions_[index].sectors;
  Slice& slice = slices_[transactions_[index].place.slice];
  L2Tags::Block* block = slice.tags.find(block_number);
  if (block == nullptr) {
    L2Tags::Evicted evicted;
    block = slice.tags.insert(block_number, evicted);
    if (block == nullptr) {
      slice.blocked.push_back(index);
      return;
    }
    if (evicted.dirty) write_back(evicted, *block, now);
  }
  if (payloads_ != nullptr) {
    payloads_->written(index, name_of(*block), transactions_[index].place, sectors,
                       static_cast<std::uint16_t>(sectors & ~block->valid));
  }
  block->valid |= sectors;
  block->dirty |= sectors;
  respond(index, now);
}

void MemorySystem::write_back(const L2Tags::Evicted& evicted, const L2Tags::Block& line, Time now) {
  const std::uint32_t index = new_transaction();
  Transaction& t = transactions_[index];
  t.address = evicted.block * static_cast<std::uint64_t>(block_bytes_);
  t.place = map_.place(t.address);
  t.bytes = static_cast<std::uint16_t>(std::popcount(evicted.sectors) * kSectorBytes);
  t.stage = kNoStage;
  t.write = true;
  t.fill = true;
  if (payloads_ != nullptr) {
    payloads_->written_back(name_of(line), evicted.block, t.place, evicted.sectors);
  }
  to_channel(index, now + half_path_);
}

void MemorySystem::to_channel(std::uint32_t index, Time arrival) {
  const Transaction& t = transactions_[index];
  DramChannel& channel = channels_[t.place.channel];
  channel.push({index, t.place.bank, t.place.row, t.bytes, arrival}, t.write);
  if (!channel_scheduled_[t.place.channel]) {
    channel_scheduled_[t.place.channel] = true;
    wheel_.schedule(t.place.channel, channel.next_decision(arrival));
  }
}

void MemorySystem::serve_channel(std::uint32_t index, Time now) {
  DramChannel& channel = channels_[index];
  const DramChannel::Served served = channel.serve(now);
  const std::uint32_t id = served.request.transaction;
  if (served.write) {
    release(id);
  } else {
    Transaction& t = transactions_[id];
    if (payloads_ != nullptr) payloads_->fetched(id, t.place, t.fill_sectors);
    t.phase = kFilled;
    t.waits.dram += std::max<Time>(0, served.data_end - served.request.arrived - access_);
    t.arrived = units_.entering(t, served.data_end + half_path_).last;
    wheel_.schedule(static_cast<std::uint32_t>(channels_.size()) + id, t.arrived);
  }
  channel_scheduled_[index] = !channel.idle();
  if (channel_scheduled_[index]) wheel_.schedule(index, channel.next_decision(now));
}

void MemorySystem::filled(std::uint32_t index, Time now) {
  Slice& slice = slices_[transactions_[index].place.slice];
  const std::uint32_t mshr_index = transactions_[index].mshr;
  Mshr& mshr = mshrs_[mshr_index];
  L2Tags::Block* block = mshr.block;
  assert(block->mshr == mshr_index && "a block under fill was evicted");
  const Transaction& own = transactions_[index];
  slice.outstanding_bytes -= std::popcount(own.fill_sectors) * kSectorBytes;
  if (payloads_ != nullptr) payloads_->filled(index, name_of(*block), own.fill_sectors);
  block->valid |= own.fill_sectors;
  const Time waited_for_dram = own.waits.dram;
  // Answer everybody whose sectors are all there; who waits for another fill of the block stays.
  std::uint32_t kept_first = kNoTransaction, kept_last = kNoTransaction;
  for (std::uint32_t waiter = mshr.first; waiter != kNoTransaction;) {
    Transaction& w = transactions_[waiter];
    const std::uint32_t next = w.next_waiter;
    if ((w.sectors & ~block->valid) == 0) {
      if (!w.fill) w.waits.dram += waited_for_dram;
      w.bytes = static_cast<std::uint16_t>(std::popcount(w.sectors) * kSectorBytes);
      w.arrived = now;
      if (payloads_ != nullptr) payloads_->answered(waiter, name_of(*block));
      respond(waiter, now);
    } else {
      w.next_waiter = kNoTransaction;
      if (kept_first == kNoTransaction) {
        kept_first = waiter;
      } else {
        transactions_[kept_last].next_waiter = waiter;
      }
      kept_last = waiter;
    }
    waiter = next;
  }
  mshr.first = kept_first;
  mshr.last = kept_last;
  if (--mshr.fills == 0) {
    assert(kept_first == kNoTransaction && "somebody waits for a fill nobody started");
    block->mshr = L2Tags::kNoMshr;
    free_mshrs_.push_back(mshr_index);
  }
  // Whoever was refused an MSHR or a way tries again, in order, until one is refused anew.
  for (std::size_t left = slice.blocked.size(); left > 0; --left) {
    const std::uint32_t next = slice.blocked.front();
    slice.blocked.pop_front();
    const std::size_t before = slice.blocked.size();
    if (transactions_[next].write) {
      write_at_slice(next, now);
    } else {
      read_at_slice(next, now);
    }
    if (slice.blocked.size() > before) break;
  }
}

void MemorySystem::respond(std::uint32_t index, Time ready) {
  Transaction& t = transactions_[index];
  Slice& slice = slices_[t.place.slice];
  const double bytes = t.write ? kWriteCost * std::popcount(t.sectors) * kSectorBytes
                               : t.bytes * static_cast<double>(t.crossbar_factor);
  const SliceUnits::Passed passed = units_.leaving(t, ready);  // the port sends what a unit gives as it comes
  const Time start = std::max(passed.first, slice.port_free);
  slice.port_free = std::max(start + clock_.cycles(bytes / slice_rate_), passed.last);
  t.waits.l2 += start - t.arrived;
  t.phase = kAtSm;
  t.arrived = slice.port_free + half_latency_ + (is_far(t) ? half_far_ : 0);
  counters_.crossbar_bytes += static_cast<std::uint64_t>(t.write ? bytes / kWriteCost : bytes);
  wheel_.schedule(static_cast<std::uint32_t>(channels_.size()) + index, t.arrived);
}

void MemorySystem::at_sm(std::uint32_t index, Time now, std::vector<StageCompletion>& done) {
  Transaction& t = transactions_[index];
  Time when = now;
  if (!t.write) {
    Time& port = port_free_[t.sm];
    const Time start = std::max(port, now);
    t.waits.l2 += start - now;
    port = start + clock_.cycles(t.bytes * static_cast<double>(t.crossbar_factor) / fill_rate_);
    when = port;
  }
  if (payloads_ != nullptr) payloads_->delivered(index);
  Stage& stage = stages_[t.stage];
  if (when >= stage.completion.when) {
    stage.completion.when = when;
    stage.completion.waits = t.waits;
    stage.completion.waits.latency = std::max<Time>(0, when - t.issued - t.waits.dram - t.waits.l2);
  }
  if (--stage.remaining == 0) {
    done.push_back(stage.completion);
    free_stages_.push_back(t.stage);
  }
  release(index);
}

}  // namespace fp6sim::sim
