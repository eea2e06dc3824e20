// Which CTA wrote each place of global memory: CTAs run in any order, so two that store to one place race.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "emu/simt/launch.h"

namespace fp6sim::simt {

/// One word per two bytes of every writable buffer. Stores of one byte are not tracked. Zeroed pages cost
/// nothing until they are written.
class GlobalShadow {
 public:
  explicit GlobalShadow(const LaunchConfig& config) : writers_(config.buffers.size()) {
    if (!config.check_races || config.grid.count() >= 0xFFFFFFFFu) return;
    for (std::size_t b = 0; b < writers_.size(); ++b) {
      if (!config.buffers[b].writable || config.buffers[b].bytes == 0) continue;
      void* zeroed = std::calloc((config.buffers[b].bytes + 1) / 2, sizeof(std::uint32_t));
      if (zeroed == nullptr) throw std::bad_alloc();
      writers_[b].reset(static_cast<std::uint32_t*>(zeroed));
    }
  }

  /// A plain store by CTA `cta`; returns another CTA that stored there before.
  std::optional<std::uint64_t> store(std::size_t buffer, std::uint64_t offset, unsigned bytes,
                                     std::uint64_t cta) {
    std::uint32_t* writers = writers_[buffer].get();
    if (writers == nullptr || bytes < 2) return std::nullopt;
    const auto self = static_cast<std::uint32_t>(cta + 1);
    for (std::uint64_t half = offset / 2; half < (offset + bytes) / 2; ++half) {
      const std::uint32_t before = std::atomic_ref(writers[half]).exchange(self, std::memory_order_relaxed);
      if (before != 0 && before != self) return before - 1;
    }
    return std::nullopt;
  }

 private:
  struct Free {
    void operator()(std::uint32_t* p) const { std::free(p); }
  };
  std::vector<std::unique_ptr<std::uint32_t, Free>> writers_;
};

}  // namespace fp6sim::simt
