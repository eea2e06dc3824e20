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

/// The CTA, thread and moment of the last store to every two bytes of every writable buffer. Stores of one
/// byte are not tracked. Zeroed pages cost nothing until they are written.
class GlobalShadow {
 public:
  struct Writer {
    std::uint64_t cta;
    unsigned thread;
    std::uint32_t epoch;  ///< of that CTA's clocks
  };

  explicit GlobalShadow(const LaunchConfig& config) : buffers_(config.buffers.size()) {
    if (!config.check_races || config.grid.count() >= 0xFFFFFFFFu) return;
    for (std::size_t b = 0; b < buffers_.size(); ++b) {
      if (!config.buffers[b].writable || config.buffers[b].bytes == 0) continue;
      const std::size_t halves = (config.buffers[b].bytes + 1) / 2;
      buffers_[b].writers = zeroed<std::uint32_t>(halves);
      buffers_[b].moments = zeroed<std::uint64_t>(halves);
    }
  }

  /// A plain store by `self`; returns another CTA that stored there before.
  std::optional<std::uint64_t> store(std::size_t buffer, std::uint64_t offset, unsigned bytes,
                                     const Writer& self) {
    const Buffer& to = buffers_[buffer];
    if (to.writers == nullptr || bytes < 2) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(self.cta + 1);
    const std::uint64_t moment = std::uint64_t{self.epoch} << 16 | self.thread;
    for (std::uint64_t half = offset / 2; half < (offset + bytes) / 2; ++half) {
      std::atomic_ref(to.moments.get()[half]).store(moment, std::memory_order_relaxed);
      const std::uint32_t before =
          std::atomic_ref(to.writers.get()[half]).exchange(number, std::memory_order_relaxed);
      if (before != 0 && before != number) return before - 1;
    }
    return std::nullopt;
  }

  /// The first of the bytes' writers that is not `cta`.
  std::optional<Writer> other_writer(std::size_t buffer, std::uint64_t offset, unsigned bytes,
                                     std::uint64_t cta) const {
    const Buffer& from = buffers_[buffer];
    if (from.writers == nullptr) return std::nullopt;
    for (std::uint64_t half = offset / 2; half < (offset + bytes) / 2; ++half) {
      const std::uint32_t number = std::atomic_ref(from.writers.get()[half]).load(std::memory_order_relaxed);
      if (number == 0 || number == cta + 1) continue;
      const std::uint64_t moment = std::atomic_ref(from.moments.get()[half]).load(std::memory_order_relaxed);
      return Writer{number - 1u, static_cast<unsigned>(moment & 0xFFFF),
                    static_cast<std::uint32_t>(moment >> 16)};
    }
    return std::nullopt;
  }

 private:
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  template <class T>
  using Zeroed = std::unique_ptr<T, Free>;
  template <class T>
  static Zeroed<T> zeroed(std::size_t count) {
    void* memory = std::calloc(count, sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return Zeroed<T>(static_cast<T*>(memory));
  }
  struct Buffer {
    Zeroed<std::uint32_t> writers;  ///< CTA + 1
    Zeroed<std::uint64_t> moments;
  };
  std::vector<Buffer> buffers_;
};

}  // namespace fp6sim::simt
