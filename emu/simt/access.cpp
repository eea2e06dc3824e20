// Loads and stores: where they point, whether they may, what is recorded.
#include <string>

#include "emu/simt/cta.h"
#include "emu/simt/memory.h"

namespace fp6sim::simt {

BufferMap::Place Cta::global_place(const void* at, std::size_t bytes, std::size_t alignment, bool write,
                                   const char* what, const Where& where) {
  const BufferMap::Place place = launch_.buffers.find(at, bytes);
  if (place.buffer == nullptr) {
    const auto offset =
        reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(shared_.get());
    const std::string inside =
        offset < config().dynamic_shared_bytes ? "in shared memory" : launch_.buffers.describe(at, bytes);
    fail(ViolationKind::kOutOfBounds, lane(), where,
         std::string(what) + " of " + std::to_string(bytes) + " bytes " + inside);
  }
  // Buffers start as aligned as cudaMalloc makes them, wherever the host put them.
  if (place.offset % alignment != 0) {
    fail(ViolationKind::kMisaligned, lane(), where,
         std::string(what) + " of " + std::to_string(bytes) + " bytes at byte " +
             std::to_string(place.offset) + " of '" + place.buffer->name + "' is not " +
             std::to_string(alignment) + "-byte aligned");
  }
  if (write && !place.buffer->writable) {
    fail(ViolationKind::kReadOnly, lane(), where,
         std::string(what) + " to byte " + std::to_string(place.offset) + " of '" + place.buffer->name +
             "', which is registered as read-only");
  }
  return place;
}

std::size_t Cta::shared_offset(const void* at, std::size_t bytes, std::size_t alignment, const char* what,
                               const Where& where) {
  const std::size_t size = config().dynamic_shared_bytes;
  const auto offset = reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(shared_.get());
  if (offset >= size || bytes > size - offset) {
    const auto distance = static_cast<std::intptr_t>(offset);
    const bool near = distance > -(std::intptr_t{1} << 24) && distance < (std::intptr_t{1} << 24);
    fail(ViolationKind::kOutOfBounds, lane(), where,
         std::string(what) + " of " + std::to_string(bytes) + " bytes " +
             (near ? "at byte " + std::to_string(distance) + " of shared memory" : "outside shared memory") +
             " (" + std::to_string(size) + " bytes)");
  }
  if (offset % alignment != 0) {
    fail(ViolationKind::kMisaligned, lane(), where,
         std::string(what) + " of " + std::to_string(bytes) + " bytes at byte " + std::to_string(offset) +
             " of shared memory is not " + std::to_string(alignment) + "-byte aligned");
  }
  return offset;
}

void Cta::check(const std::optional<Conflict>& conflict, const Lane& self, const char* what,
                const Where& where) {
  if (!conflict) return;
  const std::string place = " shared byte " + std::to_string(conflict->offset);
  const std::string other_line = sites_.text(conflict->other_site);
  const std::string other = conflict->other_thread == shadow_.clocks().async_thread()
                                ? "an asynchronous copy issued at " + other_line
                                : "thread " + std::to_string(conflict->other_thread) + " at " + other_line;
  switch (conflict->kind) {
    case Conflict::Kind::kUninitialised:
      fail(ViolationKind::kUninitialised, self, where,
           std::string(what) + " of" + place + ", which nobody has written");
    case Conflict::Kind::kInFlight:
      fail(
          ViolationKind::kInFlight, self, where,
          std::string(what) + " of" + place + " before the copy issued by " + other + " has been waited for");
    case Conflict::Kind::kProxy:
      fail(ViolationKind::kRace, self, where,
           std::string(what) + " of" + place + ", written by " + other +
               " without a fence_proxy_async after it");
    case Conflict::Kind::kRace:
      fail(ViolationKind::kRace, self, where,
           std::string(what) + " of" + place + " is not ordered after the " +
               (conflict->other_wrote ? "write" : "read") + " by " + other);
  }
}

namespace detail {
namespace {

BufferMap::Place global_access(trace::Op op, const void* at, unsigned bytes, bool write, const char* what,
                               const Where& where) {
  Cta& cta = Cta::of_running(what);
  const BufferMap::Place place = cta.global_place(at, bytes, bytes, write, what, where);
  cta.record(op, where, bytes, std::uint64_t{place.index} << 48 | place.offset);
  if (write) cta.launch().activity.fetch_add(1, std::memory_order_relaxed);
  return place;
}

}  // namespace

void check_global_load(const void* from, unsigned bytes, const Where& where) {
  const BufferMap::Place place =
      global_access(trace::Op::kGlobalLoad, from, bytes, false, "global load", where);
  Cta& cta = Cta::of_running("global load");
  const auto writer = cta.launch().global_writes.other_writer(place.index, place.offset, bytes, cta.index());
  if (!writer) return;
  const auto fail = [&](const std::string& why) {
    cta.fail(ViolationKind::kRace, cta.lane(), where,
             "global load of byte " + std::to_string(place.offset) + " of '" + place.buffer->name +
                 "', which thread " + std::to_string(writer->thread) + " of CTA number " +
                 std::to_string(writer->cta) + " has stored" + why);
  };
  if (!cta.launch().published.covers(writer->cta, writer->thread, writer->epoch)) {
    fail(" with no thread_fence and atomic ordered after the store");
  }
  if (!cta.global_order().has_acquired(cta.lane().thread)) {
    fail(": no atomic of this CTA and thread_fence after it are ordered before the load");
  }
}

void check_global_store(const void* to, unsigned bytes, const Where& where) {
  const BufferMap::Place place =
      global_access(trace::Op::kGlobalStore, to, bytes, true, "global store", where);
  Cta& cta = Cta::of_running("global store");
  const unsigned thread = cta.lane().thread;
  if (const auto other = cta.launch().global_writes.store(
          place.index, place.offset, bytes, {cta.index(), thread, cta.shadow().clocks().epoch(thread)})) {
    cta.fail(ViolationKind::kRace, cta.lane(), where,
             "global store to byte " + std::to_string(place.offset) + " of '" + place.buffer->name +
                 "', where CTA number " + std::to_string(*other) + " stores too");
  }
}

void check_global_release(const void* to, unsigned bytes, const Where& where) {
  global_access(trace::Op::kGlobalStore, to, bytes, true, "global store", where);
  thread_fence();
  Cta& cta = Cta::of_running("global store");
  cta.global_order().publish(cta.lane().thread, cta.index(), cta.launch().published);
}

void check_global_acquire(const void* from, unsigned bytes, const Where& where) {
  global_access(trace::Op::kGlobalLoad, from, bytes, false, "global load", where);
  Cta& cta = Cta::of_running("global load");
  cta.global_order().acquire(cta.lane().thread);
}

void check_global_atomic(const void* at, unsigned bytes, const Where& where) {
  global_access(trace::Op::kGlobalAtomic, at, bytes, true, "global atomic", where);
  Cta& cta = Cta::of_running("global atomic");
  cta.global_order().publish(cta.lane().thread, cta.index(), cta.launch().published);
  cta.global_order().observe(cta.lane().thread);
}

void check_shared_load(const void* from, unsigned bytes, const Where& where) {
  Cta& cta = Cta::of_running("shared load");
  const std::size_t offset = cta.shared_offset(from, bytes, bytes, "shared load", where);
  const Lane& self = cta.lane();
  cta.check(cta.shadow().read(self.thread, offset, bytes, cta.sites().number(where)), self, "shared load",
            where);
  cta.record(trace::Op::kSharedLoad, where, bytes, offset);
}

void check_shared_store(const void* to, unsigned bytes, const Where& where) {
  Cta& cta = Cta::of_running("shared store");
  const std::size_t offset = cta.shared_offset(to, bytes, bytes, "shared store", where);
  const Lane& self = cta.lane();
  cta.check(cta.shadow().write(self.thread, offset, bytes, cta.sites().number(where)), self, "shared store",
            where);
  cta.record(trace::Op::kSharedStore, where, bytes, offset);
}

void relax_polling(const Where& where) {
  Cta& cta = Cta::of_running("polling load");
  cta.poll(cta.lane(), "polling a global word", where);
}

}  // namespace detail

void thread_fence() {
#if defined(__SANITIZE_THREAD__)
  // ThreadSanitizer does not know fences. A word every fence exchanges orders what a fence orders, and more.
  static int turn = 0;
  __atomic_exchange_n(&turn, 1, __ATOMIC_SEQ_CST);
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
  Cta& cta = Cta::of_running("thread_fence");
  if (cta.config().check_races) cta.global_order().fence(cta.lane().thread);
}

}  // namespace fp6sim::simt
