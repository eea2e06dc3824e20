#include "sim/memory_path/memory_system.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>

#include "emu/error.h"
#include "sim/memory_path/pieces.h"

namespace fp6sim::sim {

MemorySystem::MemorySystem(const GpuDescription& gpu, int transaction_bytes, std::uint64_t span_bytes)
    : map_(gpu.dram, gpu.l2.slices, span_bytes),
      clock_(Clock::from_mhz(gpu.sm.clock_mhz)),
      block_bytes_(static_cast<std::uint32_t>(transaction_bytes)),
      blocks_in_unit_(static_cast<std::uint32_t>(gpu.dram.interleave_bytes / transaction_bytes)),
      partitions_(gpu.l2.partitions),
      mshr_bytes_(gpu.l2.mshrs * kMaxTransactionBytes),
      first_id_(static_cast<std::uint32_t>(gpu.dram.channels)),
      channel_scheduled_(static_cast<std::size_t>(gpu.dram.channels)),
      inject_free_(static_cast<std::size_t>(gpu.sm.count)),
      port_free_(static_cast<std::size_t>(gpu.sm.count)) {
  if (span_bytes / static_cast<std::uint64_t>(transaction_bytes) >= L2Tags::kNoBlock) {
    throw Error("addresses over " + std::to_string(span_bytes) + " bytes: at most 2^32 transactions of " +
                std::to_string(transaction_bytes) + " bytes");
  }
  const auto period = static_cast<double>(clock_.period);
  slice_fs_per_byte_ = period / gpu.l2.slice_bytes_per_cycle;
  fill_fs_per_byte_ = period / gpu.sm.fill_bytes_per_cycle;
  stream_fs_per_byte_ = std::min(slice_fs_per_byte_, fill_fs_per_byte_);
  half_latency_ = clock_.cycles(gpu.l2.latency_cycles / 2);
  half_far_ = clock_.cycles(gpu.l2.far_extra_cycles / 2);
  half_path_ = clock_.cycles(gpu.dram.path_cycles / 2);
  const DramTiming timing = DramTiming::from(gpu.dram);
  access_ = timing.rcd + timing.cl;
  for (int i = 0; i < gpu.l2.slices; ++i) {
    slices_.push_back(
        {L2Tags(gpu.l2.size_bytes / gpu.l2.slices, gpu.l2.ways, transaction_bytes), 0, 0, {}, {}});
  }
  for (int i = 0; i < gpu.dram.channels; ++i) {
    channels_.emplace_back(timing, static_cast<std::uint32_t>(i), transaction_bytes);
  }
  wheel_.reserve_ids(first_id_);
}

std::uint32_t MemorySystem::new_transaction(std::uint32_t block) {
  const std::size_t before = transactions_.capacity();
  const std::uint32_t index = take_from(transactions_, free_transactions_);
  if (transactions_.capacity() != before) {
    wheel_.reserve_ids(first_id_ + static_cast<std::uint32_t>(transactions_.capacity()));
  }
  Transaction& t = transactions_[index] = Transaction{};
  const Place place = map_.place(std::uint64_t{block} * block_bytes_);
  t.block = block;
  t.channel = static_cast<std::uint16_t>(place.channel);
  t.slice = static_cast<std::uint16_t>(place.slice);
  t.bank = static_cast<std::uint8_t>(place.bank);
  t.row = place.row;
  t.set = slices_[place.slice].tags.set_of(number_in_slice(block, place));
  ++in_flight_;
  ++counters_.transactions;
  return index;
}

void MemorySystem::release(std::uint32_t index) {
  free_transactions_.push_back(index);
  --in_flight_;
}

void MemorySystem::submit(const StageRequest& request, Time at, std::uint8_t* data) {
  const std::uint32_t stage = take_from(stages_, free_stages_);
  stages_[stage] = {{request.tag, request.sm, 0, {}}, at, 0};
  Time& inject = inject_free_[request.sm];
  inject = std::max(inject, at);
  for (int s = 0; s < request.segment_count; ++s) {
    const Segment& segment = request.segments[static_cast<std::size_t>(s)];
    for_each_transaction(
        segment, block_bytes_,
        [&](std::uint64_t address, std::uint16_t mask, std::uint16_t bytes, std::uint8_t pieces) {
          const std::uint32_t index = new_transaction(block_of(address));
          Transaction& t = transactions_[index];
          t.stage = stage;
          t.bytes = bytes;
          t.sectors = mask;
          t.pieces = pieces;
          t.sm = request.sm;
          t.phase = kAtSlice;
          t.write = request.write;
          t.shared = segment.shared && !request.write;
          t.crossbar_factor = segment.crossbar_factor;
          if (payloads_ != nullptr) {
            assert(pieces == 1 &&
                   "joined pieces are what other stages need: they cannot carry this one's bytes");
            payloads_->submitted(index, {t.block, static_cast<std::uint16_t>(address % block_bytes_), bytes,
                                         t.sm, t.write, data});
            data += bytes;
          }
          ++stages_[stage].remaining;
          inject += rounded(bytes * (request.write ? kWriteCost : 1) * fill_fs_per_byte_);
          t.l2_wait = inject - at;
          t.arrived = inject + half_latency_ + (is_far(t) ? half_far_ : 0);
          if (is_far(t)) counters_.far_sectors += static_cast<std::uint64_t>(count_sectors(mask));
          schedule(index);
        });
  }
  assert(stages_[stage].remaining > 0 && "an empty request never completes");
}

void MemorySystem::advance(Time until, std::vector<StageCompletion>& done) {
  wheel_.advance(
      until, [&](std::uint32_t id, Time now) { run(id, now, done); },
      [this](std::uint32_t id, std::int64_t slots_ahead) { prefetch(id, slots_ahead); });
}

/// First the transaction, then, when it has come, what it will ask for.
void MemorySystem::prefetch(std::uint32_t id, std::int64_t slots_ahead) const {
  if (id < first_id_) return;
  const Transaction& t = transactions_[id - first_id_];
  if (slots_ahead == TimingWheel::kSoon) {
    __builtin_prefetch(&t, 1);
  } else if (t.phase == kAtSlice) {
    slices_[t.slice].tags.prefetch(t.set);
  } else if (t.phase == kFilled) {
    __builtin_prefetch(&mshrs_[t.mshr], 1);
  }
}

void MemorySystem::run(std::uint32_t id, Time now, std::vector<StageCompletion>& done) {
  if (id < first_id_) {
    serve_channel(id, now);
    return;
  }
  const std::uint32_t index = id - first_id_;
  const Transaction& t = transactions_[index];
  now = std::max(now, t.arrived);  // the slot's start, refined to the event's own time
  switch (t.phase) {
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

void MemorySystem::to_channel(std::uint32_t index, Time arrival) {
  const Transaction& t = transactions_[index];
  const std::uint32_t at = t.channel;
  DramChannel& channel = channels_[at];
  channel.push({index, t.row, t.bank, t.pieces, t.bytes, arrival}, t.write);
  if (!channel_scheduled_[at]) {
    channel_scheduled_[at] = true;
    wheel_.schedule(at, channel.next_decision(arrival));
  }
}

void MemorySystem::serve_channel(std::uint32_t index, Time now) {
  DramChannel& channel = channels_[index];
  const std::optional<DramChannel::Served> decided = channel.try_serve(now);
  if (!decided) {
    wheel_.schedule(index, channel.next_decision(now));
    return;
  }
  const DramChannel::Served& served = *decided;
  const std::uint32_t id = served.request.transaction;
  if (served.write) {
    release(id);
  } else {
    Transaction& t = transactions_[id];
    if (payloads_ != nullptr) payloads_->fetched(id, t.place(), t.fill_sectors);
    t.phase = kFilled;
    t.dram_wait += std::max<Time>(0, served.data_end - served.request.arrived - access_);
    t.arrived = units_.entering(t, served.data_end + half_path_).last;
    schedule(id);
  }
  channel_scheduled_[index] = !channel.idle();
  if (!channel_scheduled_[index]) return;
  wheel_.schedule(index, channel.next_decision(now));
  if (const DramRequest* next = channel.oldest_read())
    __builtin_prefetch(&transactions_[next->transaction], 1);
}

void MemorySystem::at_sm(std::uint32_t index, Time now, std::vector<StageCompletion>& done) {
  Transaction& t = transactions_[index];
  Time when = now;
  if (!t.write) {
    Time& port = port_free_[t.sm];
    const Time first = now - streamed_before(t);
    const Time start = std::max(port, first);
    port = start + rounded(t.bytes * static_cast<double>(t.crossbar_factor) * fill_fs_per_byte_);
    when = port;
    t.l2_wait += port - first;
  }
  if (payloads_ != nullptr) payloads_->delivered(index);
  Stage& stage = stages_[t.stage];
  if (when >= stage.completion.when) {
    stage.completion.when = when;
    stage.completion.waits = {t.dram_wait, t.l2_wait,
                              std::max<Time>(0, when - stage.issued - t.dram_wait - t.l2_wait)};
  }
  if (--stage.remaining == 0) {
    done.push_back(stage.completion);
    free_stages_.push_back(t.stage);
  }
  release(index);
}

}  // namespace fp6sim::sim
