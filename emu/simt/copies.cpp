// cp.async: copies in groups that land where their thread waits for them.
#include <cstring>
#include <string>

#include "emu/simt/async.h"
#include "emu/simt/cta.h"

namespace fp6sim::simt {

void Cta::land(const SharedCopy& copy, unsigned writer) {
  std::byte* to = shared_.get() + copy.offset;
  if (copy.source_bytes != 0) std::memcpy(to, copy.source, copy.source_bytes);
  std::memset(to + copy.source_bytes, 0, copy.bytes - copy.source_bytes);
  shadow_.land(writer, copy.offset, copy.bytes, copy.site);
}

void Cta::land_copies(Lane& lane, std::size_t until, unsigned writer) {
  for (; lane.landed < until; ++lane.landed) land(lane.copies[lane.landed], writer);
}

namespace detail {

void cp_async(void* to_shared, const void* from_global, unsigned bytes, unsigned source_bytes,
              const Where& where) {
  Cta& cta = Cta::of_running("cp.async");
  Lane& self = cta.lane();
  if (source_bytes > bytes) {
    cta.fail(ViolationKind::kBadArgument, self, where,
             "cp.async of " + std::to_string(bytes) + " bytes asked to read " + std::to_string(source_bytes));
  }
  const std::size_t offset = cta.shared_offset(to_shared, bytes, bytes, "cp.async destination", where);
  std::uint64_t source = ~std::uint64_t{0};
  if (source_bytes != 0) {
    const auto place = cta.global_place(from_global, source_bytes, bytes, false, "cp.async source", where);
    source = std::uint64_t{place.index} << 48 | place.offset;
  }
  const std::uint32_t site = cta.sites().number(where);
  cta.check(cta.shadow().claim(self.thread, offset, bytes, site), self, "cp.async write", where);
  self.copies.push_back({offset, static_cast<const std::byte*>(from_global), bytes, source_bytes, site});
  cta.record(trace::Op::kAsyncCopy, where, bytes, source, offset, source_bytes);
}

}  // namespace detail

void cp_async_commit(Where where) {
  Cta& cta = Cta::of_running("cp.async.commit_group");
  cta.lane().groups.push_back(cta.lane().copies.size());
  cta.record(trace::Op::kAsyncCommit, where);
}

void cp_async_wait_group(unsigned pending, Where where) {
  Cta& cta = Cta::of_running("cp.async.wait_group");
  Lane& self = cta.lane();
  cta.record(trace::Op::kAsyncWait, where, 0, 0, pending);
  if (self.groups.size() <= pending) return;
  const std::size_t landed_groups = self.groups.size() - pending;
  const std::size_t drop = self.groups[landed_groups - 1];
  cta.land_copies(self, drop, self.thread);
  self.groups.erase(self.groups.begin(), self.groups.begin() + static_cast<std::ptrdiff_t>(landed_groups));
  self.copies.erase(self.copies.begin(), self.copies.begin() + static_cast<std::ptrdiff_t>(drop));
  for (std::size_t& end : self.groups) end -= drop;
  self.landed -= drop;
  self.forgotten += drop;
}

void cp_async_wait_all(Where where) {
  Cta& cta = Cta::of_running("cp.async.wait_all");
  Lane& self = cta.lane();
  cta.record(trace::Op::kAsyncWait, where, 0, 0, trace::kAllGroups);
  cta.land_copies(self, self.copies.size(), self.thread);
  self.forgotten += self.copies.size();
  self.copies.clear();
  self.groups.clear();
  self.landed = 0;
}

}  // namespace fp6sim::simt
