#include "sim/memory_path/payload_store.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace fp6sim::sim {
namespace {

constexpr std::uint8_t kUnwritten = 0xA5;

/// Calls visit(first byte, bytes) for each run of sectors in a block's mask.
template <class Visit>
void for_each_run(int sectors, Visit visit) {
  auto left = static_cast<std::uint16_t>(sectors);
  while (left != 0) {
    const int first = std::countr_zero(left);
    const int count = std::countr_one(static_cast<std::uint16_t>(left >> first));
    visit(static_cast<std::size_t>(first * kSectorBytes), static_cast<std::size_t>(count * kSectorBytes));
    left = static_cast<std::uint16_t>(left & ~(((1u << count) - 1) << first));
  }
}

}  // namespace

PayloadStore::PayloadStore(const AddressMap& map, int block_bytes)
    : map_(map), block_bytes_(static_cast<std::uint64_t>(block_bytes)) {}

std::uint8_t* PayloadStore::dram_block(const Place& place, std::uint64_t block) {
  const std::uint64_t page = (static_cast<std::uint64_t>(place.row) << 32) |
                             (static_cast<std::uint64_t>(place.bank) << 16) | place.channel;
  std::vector<std::uint8_t>& bytes = pages_[page];
  if (bytes.empty()) bytes.resize(map_.page_bytes(), kUnwritten);
  const std::uint32_t column = map_.column(block * block_bytes_);
  assert(column + block_bytes_ <= bytes.size() && "a transaction leaves its DRAM page");
  return bytes.data() + column;
}

PayloadStore::Line& PayloadStore::line_of(LineName name, std::uint64_t block) {
  std::unique_ptr<Line>& line = lines_[name];
  if (line == nullptr) line = std::make_unique<Line>();
  if (line->block != block) {  // a new occupant; what was dirty has left by written_back()
    line->block = block;
    line->dirty = 0;
  }
  return *line;
}

void PayloadStore::show(Leg leg, std::uint16_t sm, std::uint64_t address, std::span<std::uint8_t> bytes) {
  if (!tap) return;
  InFlight payload{leg, seen_[static_cast<std::size_t>(leg)]++, sm, address, bytes};
  tap(payload);
}

void PayloadStore::write_dram(std::uint64_t address, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t begin = address % block_bytes_;
    const std::size_t count = std::min<std::size_t>(bytes.size(), block_bytes_ - begin);
    std::copy_n(bytes.data(), count, dram_block(map_.place(address), address / block_bytes_) + begin);
    address += count;
    bytes = bytes.subspan(count);
  }
}

void PayloadStore::read_dram(std::uint64_t address, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t begin = address % block_bytes_;
    const std::size_t count = std::min<std::size_t>(bytes.size(), block_bytes_ - begin);
    std::copy_n(dram_block(map_.place(address), address / block_bytes_) + begin, count, bytes.data());
    address += count;
    bytes = bytes.subspan(count);
  }
}

void PayloadStore::flush() {
  for (auto& [name, line] : lines_) {
    std::uint8_t* dram = dram_block(map_.place(line->block * block_bytes_), line->block);
    for_each_run(line->dirty, [&, &from = line->bytes](std::size_t first, std::size_t count) {
      std::memcpy(dram + first, from.data() + first, count);
    });
    line->dirty = 0;
  }
}

void PayloadStore::submitted(std::uint32_t transaction, const Request& request) {
  assert(request.at_sm != nullptr && "functional mode: an SM sent a request without a buffer");
  if (payloads_.size() <= transaction) payloads_.resize(transaction + 1);
  Payload& payload = payloads_[transaction];
  payload.request = request;
  if (!request.write) return;
  std::memcpy(payload.part().data(), request.at_sm, request.bytes);
  show(Leg::kWrite, request.sm, request.block * block_bytes_ + request.begin, payload.part());
}

void PayloadStore::fetched(std::uint32_t transaction, const Place& place, std::uint16_t sectors) {
  Payload& payload = payloads_[transaction];
  const std::uint8_t* dram = dram_block(place, payload.request.block);
  for_each_run(sectors, [&](std::size_t first, std::size_t count) {
    std::memcpy(payload.block.data() + first, dram + first, count);
    show(Leg::kFill, payload.request.sm, payload.request.block * block_bytes_ + first,
         {payload.block.data() + first, count});
  });
}

void PayloadStore::filled(std::uint32_t transaction, LineName line, std::uint16_t sectors) {
  const Payload& payload = payloads_[transaction];
  Line& to = line_of(line, payload.request.block);
  for_each_run(sectors & ~to.dirty, [&](std::size_t first, std::size_t count) {
    std::memcpy(to.bytes.data() + first, payload.block.data() + first, count);
  });
}

void PayloadStore::answered(std::uint32_t transaction, LineName line) {
  Payload& payload = payloads_[transaction];
  const Request& request = payload.request;
  // By line alone: a hit on a line that holds something else brings that.
  std::memcpy(payload.part().data(), lines_.at(line)->bytes.data() + request.begin, request.bytes);
  show(Leg::kResponse, request.sm, request.block * block_bytes_ + request.begin, payload.part());
}

void PayloadStore::delivered(std::uint32_t transaction) {
  Payload& payload = payloads_[transaction];
  const Request& request = payload.request;
  if (request.write) return;
  show(Leg::kArrived, request.sm, request.block * block_bytes_ + request.begin, payload.part());
  std::memcpy(request.at_sm, payload.part().data(), request.bytes);
}

void PayloadStore::written(std::uint32_t transaction, LineName line, const Place& place,
                           std::uint16_t sectors, std::uint16_t absent) {
  Payload& payload = payloads_[transaction];
  Line& to = line_of(line, payload.request.block);
  const std::uint8_t* dram = dram_block(place, payload.request.block);
  for_each_run(absent, [&](std::size_t first, std::size_t count) {
    std::memcpy(to.bytes.data() + first, dram + first, count);
  });
  std::memcpy(to.bytes.data() + payload.request.begin, payload.part().data(), payload.request.bytes);
  to.dirty |= sectors;
}

void PayloadStore::written_back(LineName line, std::uint64_t block, const Place& place,
                                std::uint16_t sectors) {
  Line& from = *lines_.at(line);
  std::uint8_t* dram = dram_block(place, block);
  for_each_run(sectors, [&](std::size_t first, std::size_t count) {
    show(Leg::kWriteBack, 0, block * block_bytes_ + first, {from.bytes.data() + first, count});
    std::memcpy(dram + first, from.bytes.data() + first, count);
  });
  from.dirty = 0;
}

void PayloadStore::copied(LineName from, LineName to, std::uint64_t block, std::uint16_t sectors) {
  const Line& source = *lines_.at(from);
  Line& copy = line_of(to, block);
  for_each_run(sectors, [&](std::size_t first, std::size_t count) {
    std::memcpy(copy.bytes.data() + first, source.bytes.data() + first, count);
  });
}

void PayloadStore::touched(LineName line, std::uint64_t block, const Place& place, std::uint16_t sectors) {
  Line& to = line_of(line, block);
  const std::uint8_t* dram = dram_block(place, block);
  for_each_run(sectors, [&](std::size_t first, std::size_t count) {
    std::memcpy(to.bytes.data() + first, dram + first, count);
  });
}

}  // namespace fp6sim::sim
