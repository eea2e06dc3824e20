// What is known about every word of a CTA's shared memory: written or not, copy in flight or not, by whom and
// when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "emu/simt/clocks.h"

namespace fp6sim::simt {

/// Why an access is wrong, and the earlier access it collides with.
struct Conflict {
  enum class Kind : std::uint8_t { kUninitialised, kInFlight, kRace, kProxy } kind;
  std::size_t offset = 0;  ///< first offending byte's word
  unsigned other_thread =
      0;  ///< of the other access (kInFlight: who issued the copy); async_thread() possible
  std::uint32_t other_site = 0;
  bool other_wrote = false;
};

class Shadow {
 public:
  Shadow(std::size_t shared_bytes, unsigned threads, bool check_races);

  Clocks& clocks() { return clocks_; }
  void new_cta();

  /// An access of `bytes` at `offset` (inside shared memory, aligned to its size or a multiple of 16).
  std::optional<Conflict> read(unsigned thread, std::size_t offset, std::size_t bytes, std::uint32_t site);
  /// The same by the tensor core on behalf of `thread`: what threads wrote must also have been followed by
  /// their fence_proxy(), and that be ordered before the read.
  std::optional<Conflict> read_by_proxy(unsigned thread, std::size_t offset, std::size_t bytes,
                                        std::uint32_t site);
  void fence_proxy(unsigned thread);
  std::optional<Conflict> write(unsigned thread, std::size_t offset, std::size_t bytes, std::uint32_t site);
  /// A copy issued by `thread` claims its destination; when it lands, `writer` has written it.
  std::optional<Conflict> claim(unsigned thread, std::size_t offset, std::size_t bytes, std::uint32_t site);
  void land(unsigned writer, std::size_t offset, std::size_t bytes, std::uint32_t site);

 private:
  // One access in 64 bits: epoch 32 | thread 11 | merged 1 | site 16 | bytes of the word 4.
  struct Stamp {
    std::uint64_t bits = 0;
    static Stamp make(std::uint32_t epoch, unsigned thread, std::uint32_t site, unsigned mask) {
      return {(std::uint64_t{epoch} << 32) | (std::uint64_t{thread} << 21) | (std::uint64_t{site} << 4) |
              mask};
    }
    std::uint32_t epoch() const { return static_cast<std::uint32_t>(bits >> 32); }
    unsigned thread() const { return static_cast<unsigned>(bits >> 21) & 0x7FF; }
    bool merged() const { return (bits >> 20 & 1) != 0; }
    std::uint32_t site() const { return static_cast<std::uint32_t>(bits >> 4) & 0xFFFF; }
    unsigned mask() const { return static_cast<unsigned>(bits) & 0xF; }
  };

  template <class PerWord>
  std::optional<Conflict> for_words(std::size_t offset, std::size_t bytes, PerWord per_word) const;
  std::optional<Conflict> write_race(unsigned thread, std::size_t word, unsigned mask);
  void stamp_write(std::size_t word, unsigned mask, Stamp stamp);
  Conflict conflict(Conflict::Kind kind, std::size_t word, Stamp other, bool wrote) const {
    return {kind, word * 4, other.thread(), other.site(), wrote};
  }

  Clocks clocks_;
  bool check_races_;
  unsigned warps_;
  std::vector<std::vector<std::uint32_t>> fences_;  ///< per thread: epochs of its fence_proxy(), ascending
  std::vector<std::uint8_t> state_;  ///< per word: bytes initialised (low nibble), in flight (high nibble)
  std::vector<Stamp> writers_;       ///< per half word
  std::vector<std::uint32_t> reader_warps_;  ///< per word: warps with a stamp in readers_
  std::vector<Stamp> readers_;               ///< per word, per warp, per half word: the last read
};

}  // namespace fp6sim::simt
