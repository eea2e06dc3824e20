// Which registered buffer a pointer of the kernel lies in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "emu/simt/launch.h"
#include "emu/trace/trace.h"

namespace fp6sim::simt {

class BufferMap {
 public:
  /// Throws Error for overlapping, unnamed or null buffers.
  explicit BufferMap(const std::vector<Buffer>& buffers);

  struct Place {
    const Buffer* buffer = nullptr;  ///< null: the access is not inside any
    std::uint16_t index = 0;
    std::uint64_t offset = 0;
  };
  Place find(const void* at, std::size_t bytes) const {
    const auto address = reinterpret_cast<std::uintptr_t>(at);
    for (const Range& range : ranges_) {  // few buffers: a scan beats a search
      if (address - range.start < range.bytes && bytes <= range.bytes - (address - range.start)) {
        return {range.buffer, range.index, address - range.start};
      }
    }
    return {};
  }
  /// Where a bad access is, in the user's words: "16 bytes past the end of 'weights' (4096 bytes)".
  std::string describe(const void* at, std::size_t bytes) const;
  /// Buffers at distinct 512-byte aligned addresses, in the order registered: the same on every machine.
  std::vector<trace::BufferInfo> trace_buffers() const;

 private:
  struct Range {
    std::uintptr_t start;
    std::size_t bytes;
    const Buffer* buffer;
    std::uint16_t index;
  };
  const std::vector<Buffer>& buffers_;
  std::vector<Range> ranges_;
};

}  // namespace fp6sim::simt
