#include "emu/simt/buffers.h"

#include <algorithm>

namespace fp6sim::simt {

BufferMap::BufferMap(const std::vector<Buffer>& buffers) : buffers_(buffers) {
  if (buffers.size() > 4096)
    throw Error("a launch takes at most 4096 buffers, got " + std::to_string(buffers.size()));
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Buffer& buffer = buffers[i];
    if (buffer.name.empty()) throw Error("buffer " + std::to_string(i) + " of the launch has no name");
    if (buffer.bytes == 0) continue;
    if (buffer.start == nullptr) throw Error("buffer '" + buffer.name + "' is a null pointer");
    ranges_.push_back({reinterpret_cast<std::uintptr_t>(buffer.start), buffer.bytes, &buffer,
                       static_cast<std::uint16_t>(i)});
  }
  auto sorted = ranges_;
  std::sort(sorted.begin(), sorted.end(), [](const Range& a, const Range& b) { return a.start < b.start; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].start - sorted[i - 1].start < sorted[i - 1].bytes) {
      throw Error("buffers '" + sorted[i - 1].buffer->name + "' and '" + sorted[i].buffer->name +
                  "' overlap");
    }
  }
}

std::string BufferMap::describe(const void* at, std::size_t bytes) const {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  const Range* nearest = nullptr;
  std::uintptr_t nearest_distance = 0;
  for (const Range& range : ranges_) {
    const std::uintptr_t end = range.start + range.bytes;
    const std::uintptr_t distance = address < range.start ? range.start - address
                                    : address >= end      ? address - end
                                                          : 0;
    if (nearest == nullptr || distance < nearest_distance) {
      nearest = &range;
      nearest_distance = distance;
    }
  }
  if (at == nullptr) return "a null pointer";
  if (nearest == nullptr || nearest_distance > (std::uintptr_t{1} << 32)) return "in no registered buffer";
  const std::string name = "'" + nearest->buffer->name + "' (" + std::to_string(nearest->bytes) + " bytes)";
  if (address < nearest->start) return std::to_string(nearest_distance) + " bytes before " + name;
  if (address >= nearest->start + nearest->bytes) {
    return std::to_string(nearest_distance) + " bytes past the end of " + name;
  }
  return "bytes " + std::to_string(address - nearest->start) + ".." +
         std::to_string(address - nearest->start + bytes - 1) + " of " + name;
}

std::vector<trace::BufferInfo> BufferMap::trace_buffers() const {
  std::vector<trace::BufferInfo> infos;
  std::uint64_t next = std::uint64_t{1} << 32;
  for (const Buffer& buffer : buffers_) {
    infos.push_back({buffer.name, buffer.bytes, next});
    next = (next + buffer.bytes + 511) / 512 * 512;
  }
  return infos;
}

}  // namespace fp6sim::simt
