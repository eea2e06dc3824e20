// What happens at an L2 slice: hits, merged and fresh misses, fills, writes, evictions, the answer's port.
#include <algorithm>
#include <cassert>

#include "sim/memory_path/memory_system.h"

namespace fp6sim::sim {

void MemorySystem::at_slice(std::uint32_t index, Time now) {
  const Transaction& t = transactions_[index];
  const auto sectors = static_cast<std::uint64_t>(count_sectors(t.sectors));
  if (t.write) {
    counters_.l2_write_sectors += sectors;
    write_at_slice(index, now);
  } else {
    counters_.l2_read_sectors += sectors;
    if (is_far(t) && read_copy(index, now)) return;
    read_at_slice(index, now);
  }
}

void MemorySystem::read_at_slice(std::uint32_t index, Time now) {
  const Transaction& t = transactions_[index];
  const std::uint16_t wanted = t.sectors;
  const std::uint32_t block = t.block;
  Slice& slice = slices_[t.slice];
  std::uint32_t line = slice.tags.find(t.set, block);
  std::uint16_t missing = wanted;
  if (line != L2Tags::kAbsent) {
    slice.tags.use(line);
    const L2Tags::State& state = slice.tags.state(line);
    missing = static_cast<std::uint16_t>(wanted & ~state.valid);
    if (missing == 0) {
      counters_.l2_hit_sectors += static_cast<std::uint64_t>(count_sectors(wanted));
      if (payloads_ != nullptr) payloads_->answered(index, name_of(t.slice, line));
      respond(index, now);
      if (is_far(t)) keep_copy(t.slice, line, block, wanted, now);  // may move transactions_
      return;
    }
    if (state.mshr != L2Tags::kNoMshr) {  // somebody is already fetching: wait with them
      Mshr& mshr = mshrs_[state.mshr];
      missing = static_cast<std::uint16_t>(missing & ~mshr.requested);
      if (missing == 0) {
        counters_.l2_merged_sectors += static_cast<std::uint64_t>(count_sectors(wanted));
        append_waiter(mshr, index);
      } else {
        start_fill(index, missing, line, now);
      }
      return;
    }
  }
  if (slice.outstanding_bytes >= mshr_bytes_) {
    ++counters_.mshr_stalls;
    slice.blocked.push_back(index);
    return;
  }
  if (line == L2Tags::kAbsent) {
    L2Tags::Evicted evicted;
    line = slice.tags.insert(t.set, block, evicted);
    if (line == L2Tags::kAbsent) {  // every way waits for a fill: try again after one
      ++counters_.mshr_stalls;
      slice.blocked.push_back(index);
      return;
    }
    if (evicted.dirty)
      write_back(evicted, name_of(t.slice, line), now);  // may move transactions_: t is not used below
  }
  start_fill(index, missing, line, now);
}

/// Does the near partition have it all? The request came past there on its way, half the extra ago.
bool MemorySystem::read_copy(std::uint32_t index, Time now) {
  Transaction& t = transactions_[index];
  const std::uint32_t near = partner(t.slice);
  L2Tags& tags = slices_[near].tags;
  const std::uint32_t line = tags.find(t.set, t.block);
  if (line == L2Tags::kAbsent || (t.sectors & ~tags.state(line).valid) != 0) return false;
  tags.use(line);
  const auto sectors = static_cast<std::uint64_t>(count_sectors(t.sectors));
  counters_.l2_hit_sectors += sectors;
  counters_.far_sectors -= sectors;
  t.slice = static_cast<std::uint16_t>(near);
  const Time before = std::min(half_far_, half_latency_);  // its answer must not come before now
  t.arrived -= before;
  if (payloads_ != nullptr) payloads_->answered(index, name_of(near, line));
  respond(index, now - before);
  return true;
}

/// The far slice's line has just answered with these sectors. `now`: kNever where no time passes.
void MemorySystem::keep_copy(std::uint32_t slice, std::uint32_t line, std::uint32_t block,
                             std::uint16_t sectors, Time now) {
  const std::uint32_t near = partner(slice), set = slices_[slice].tags.set_at(line);
  L2Tags& tags = slices_[near].tags;
  std::uint32_t copy = tags.find(set, block);
  if (copy == L2Tags::kAbsent) {
    L2Tags::Evicted evicted;
    copy = tags.insert(set, block, evicted);
    if (copy == L2Tags::kAbsent) return;  // every way waits for a fill
    if (evicted.dirty && now != kNever) write_back(evicted, name_of(near, copy), now);
  }
  if (payloads_ != nullptr) payloads_->copied(name_of(slice, line), name_of(near, copy), block, sectors);
  tags.state(copy).valid |= sectors;
}

void MemorySystem::drop_copy(std::uint32_t slice, std::uint32_t set, std::uint32_t block) {
  if (partitions_ != 2) return;
  L2Tags& tags = slices_[partner(slice)].tags;
  const std::uint32_t copy = tags.find(set, block);
  if (copy != L2Tags::kAbsent) tags.drop(copy);
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

void MemorySystem::start_fill(std::uint32_t index, std::uint16_t missing, std::uint32_t line, Time now) {
  Transaction& t = transactions_[index];
  Slice& slice = slices_[t.slice];
  L2Tags::State& state = slice.tags.state(line);
  if (state.mshr == L2Tags::kNoMshr) {
    state.mshr = take_from(mshrs_, free_mshrs_);
    mshrs_[state.mshr] = {line, 0, 0, kNoTransaction, kNoTransaction};
  }
  t.mshr = state.mshr;
  Mshr& mshr = mshrs_[state.mshr];
  append_waiter(mshr, index);
  mshr.requested |= missing;
  ++mshr.fills;
  t.fill = true;
  t.dram_wait += now - t.arrived;  // for an MSHR: one becomes free when DRAM has answered
  t.fill_sectors = missing;
  t.bytes = static_cast<std::uint16_t>(count_sectors(missing) * kSectorBytes);
  slice.outstanding_bytes += t.bytes;
  to_channel(index, now + half_path_);
}

void MemorySystem::write_at_slice(std::uint32_t index, Time now) {
  const std::uint16_t sectors = transactions_[index].sectors, slice_index = transactions_[index].slice;
  const std::uint32_t block = transactions_[index].block, set = transactions_[index].set;
  Slice& slice = slices_[slice_index];
  std::uint32_t line = slice.tags.find(set, block);
  if (line == L2Tags::kAbsent) {
    L2Tags::Evicted evicted;
    line = slice.tags.insert(set, block, evicted);
    if (line == L2Tags::kAbsent) {
      slice.blocked.push_back(index);
      return;
    }
    if (evicted.dirty) write_back(evicted, name_of(slice_index, line), now);
  } else {
    slice.tags.use(line);
  }
  drop_copy(slice_index, set, block);
  L2Tags::State& state = slice.tags.state(line);
  if (payloads_ != nullptr) {
    payloads_->written(index, name_of(slice_index, line), transactions_[index].place(), sectors,
                       static_cast<std::uint16_t>(sectors & ~state.valid));
  }
  state.valid |= sectors;
  state.dirty |= sectors;
  respond(index, now);
}

void MemorySystem::write_back(const L2Tags::Evicted& evicted, LineName line, Time now) {
  const std::uint32_t index = new_transaction(evicted.block);
  Transaction& t = transactions_[index];
  t.bytes = static_cast<std::uint16_t>(count_sectors(evicted.sectors) * kSectorBytes);
  t.write = true;
  t.fill = true;
  if (payloads_ != nullptr) payloads_->written_back(line, evicted.block, t.place(), evicted.sectors);
  to_channel(index, now + half_path_);
}

void MemorySystem::filled(std::uint32_t index, Time now) {
  const Transaction& own = transactions_[index];
  Slice& slice = slices_[own.slice];
  const std::uint32_t mshr_index = own.mshr;
  Mshr& mshr = mshrs_[mshr_index];
  L2Tags::State& state = slice.tags.state(mshr.line);
  assert(state.mshr == mshr_index && "a block under fill was evicted");
  slice.outstanding_bytes -= count_sectors(own.fill_sectors) * kSectorBytes;
  const std::uint32_t slice_index = own.slice, line = mshr.line;
  const LineName name = name_of(slice_index, line);
  if (payloads_ != nullptr) payloads_->filled(index, name, own.fill_sectors);
  state.valid |= own.fill_sectors;
  const Time waited_for_dram = own.dram_wait;
  // Answer everybody whose sectors are all there; who waits for another fill of the block stays.
  std::uint16_t to_far = 0;
  const std::uint32_t block = own.block;
  std::uint32_t kept_first = kNoTransaction, kept_last = kNoTransaction;
  for (std::uint32_t waiter = mshr.first; waiter != kNoTransaction;) {
    Transaction& w = transactions_[waiter];
    const std::uint32_t next = w.next_waiter;
    if ((w.sectors & ~state.valid) == 0) {
      if (!w.fill) w.dram_wait += waited_for_dram;
      w.bytes = static_cast<std::uint16_t>(count_sectors(w.sectors) * kSectorBytes);
      w.arrived = now;
      if (payloads_ != nullptr) payloads_->answered(waiter, name);
      respond(waiter, now);
      if (is_far(w)) to_far |= w.sectors;
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
    state.mshr = L2Tags::kNoMshr;
    free_mshrs_.push_back(mshr_index);
  }
  if (to_far != 0) keep_copy(slice_index, line, block, to_far, now);  // may move transactions_
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
  Slice& slice = slices_[t.slice];
  const double bytes = t.write ? kWriteCost * count_sectors(t.sectors) * kSectorBytes
                               : t.bytes * static_cast<double>(t.crossbar_factor);
  const auto leaves_at = [&](Time when) {
    t.phase = kAtSm;
    t.arrived = when + half_latency_ + (is_far(t) ? half_far_ : 0);
    schedule(index);
  };
  if (t.shared) {
    if (const Time together = slice.coalescer.joins(t.block, t.sectors, ready)) {
      t.l2_wait += together - t.arrived;
      leaves_at(together);
      return;
    }
  }
  const bool expanded = units_.at_exit(t);  // the port sends what a unit gives as it comes
  const Time streamed = expanded ? 0 : streamed_before(t);
  const SliceUnits::Passed passed =
      expanded ? units_.leaving(t, ready) : SliceUnits::Passed{ready - streamed, 0};
  const Time start = std::max(passed.first, slice.port_free);
  slice.port_free = std::max(start + rounded(bytes * slice_fs_per_byte_), passed.last);
  t.l2_wait += slice.port_free - (t.arrived - streamed);
  if (t.shared) slice.coalescer.answered(t.block, t.sectors, slice.port_free);
  counters_.crossbar_bytes += static_cast<std::uint64_t>(t.write ? bytes / kWriteCost : bytes);
  leaves_at(slice.port_free);
}

}  // namespace fp6sim::sim
