#include "emu/simt/shadow.h"

#include <algorithm>
#include <bit>

namespace fp6sim::simt {
namespace {

/// The bytes of word `word` that an access touches, as 4 bits.
unsigned mask_in_word(std::size_t word, std::size_t offset, std::size_t bytes) {
  if (bytes >= 4) return 0xF;
  return ((1u << bytes) - 1) << (offset - word * 4);
}

}  // namespace

Shadow::Shadow(std::size_t shared_bytes, unsigned threads, bool check_races)
    : clocks_(threads),
      check_races_(check_races),
      warps_(clocks_.warps()),
      fences_(clocks_.async_thread() + 1),
      state_((shared_bytes + 3) / 4, 0) {
  writers_.resize(state_.size() * 2);
  if (check_races_) {
    reader_warps_.resize(state_.size());
    readers_.resize(state_.size() * warps_ * 2);
  }
}

void Shadow::new_cta() {
  clocks_.order_all();
  std::fill(state_.begin(), state_.end(), 0);
  for (auto& epochs : fences_) epochs.clear();
}

template <class PerWord>
std::optional<Conflict> Shadow::for_words(std::size_t offset, std::size_t bytes, PerWord per_word) const {
  const std::size_t last = (offset + bytes - 1) / 4;
  for (std::size_t word = offset / 4; word <= last; ++word) {
    if (auto found = per_word(word, mask_in_word(word, offset, bytes))) return found;
  }
  return std::nullopt;
}

std::optional<Conflict> Shadow::read(unsigned thread, std::size_t offset, std::size_t bytes,
                                     std::uint32_t site) {
  const unsigned warp = thread / 32;
  const std::uint32_t epoch = clocks_.epoch(thread);
  std::uint64_t checked = 0;
  return for_words(offset, bytes, [&](std::size_t word, unsigned mask) -> std::optional<Conflict> {
    const unsigned state = state_[word];
    const Stamp low = writers_[2 * word], high = writers_[2 * word + 1];
    if ((state >> 4 & mask) != 0) {
      return conflict(Conflict::Kind::kInFlight, word, (low.mask() & mask) != 0 ? low : high, true);
    }
    if ((state & mask) != mask) return Conflict{Conflict::Kind::kUninitialised, word * 4, 0, 0, false};
    if (!check_races_) return std::nullopt;
    for (const Stamp writer : {low, high}) {
      if (writer.bits == checked || (writer.mask() & mask) == 0) continue;
      if (!clocks_.ordered(writer.thread(), writer.epoch(), thread)) {
        return conflict(Conflict::Kind::kRace, word, writer, true);
      }
      checked = writer.bits;
    }
    Stamp* const slots = &readers_[(word * warps_ + warp) * 2];
    const bool live = (reader_warps_[word] >> warp & 1) != 0;
    for (unsigned half = 0; half < 2; ++half) {
      const unsigned part = mask & (3u << (2 * half));
      if (part == 0) {
        if (!live) slots[half] = {};
        continue;
      }
      Stamp stamp = Stamp::make(epoch, thread, site, part);
      if (live && slots[half].epoch() == epoch) {
        // Another lane of the warp read at the same epoch: together they read more bytes than either.
        const bool merged =
            slots[half].merged() || (slots[half].thread() != thread && slots[half].mask() != part);
        stamp.bits |= slots[half].mask() | (std::uint64_t{merged} << 20);
      }
      slots[half] = stamp;
    }
    reader_warps_[word] |= 1u << warp;
    return std::nullopt;
  });
}

std::optional<Conflict> Shadow::read_by_proxy(unsigned thread, std::size_t offset, std::size_t bytes,
                                              std::uint32_t site) {
  if (auto found = read(thread, offset, bytes, site)) return found;
  if (!check_races_) return std::nullopt;
  return for_words(offset, bytes, [&](std::size_t word, unsigned mask) -> std::optional<Conflict> {
    for (const Stamp writer : {writers_[2 * word], writers_[2 * word + 1]}) {
      if ((writer.mask() & mask) == 0 || writer.thread() == clocks_.async_thread()) continue;
      const auto& epochs = fences_[writer.thread()];
      const auto fence = std::lower_bound(epochs.begin(), epochs.end(), writer.epoch());
      if (fence == epochs.end() || !clocks_.ordered(writer.thread(), *fence, thread)) {
        return conflict(Conflict::Kind::kProxy, word, writer, true);
      }
    }
    return std::nullopt;
  });
}

void Shadow::fence_proxy(unsigned thread) {
  if (!check_races_) return;
  fences_[thread].push_back(clocks_.epoch(thread));
  clocks_.new_epoch(thread);  // what it writes from here on is later than the fence
}

std::optional<Conflict> Shadow::write_race(unsigned thread, std::size_t word, unsigned mask) {
  for (const Stamp writer : {writers_[2 * word], writers_[2 * word + 1]}) {
    if ((writer.mask() & mask) != 0 && !clocks_.ordered(writer.thread(), writer.epoch(), thread)) {
      return conflict(Conflict::Kind::kRace, word, writer, true);
    }
  }
  for (std::uint32_t left = reader_warps_[word]; left != 0; left &= left - 1) {
    const Stamp* const slots = &readers_[(word * warps_ + static_cast<unsigned>(std::countr_zero(left))) * 2];
    for (const Stamp reader : {slots[0], slots[1]}) {
      if ((reader.mask() & mask) == 0) continue;
      // Which lane read which byte is not known where several did.
      if (reader.merged() && reader.thread() / 32 == thread / 32) continue;
      if (!clocks_.ordered(reader.thread(), reader.epoch(), thread)) {
        return conflict(Conflict::Kind::kRace, word, reader, false);
      }
    }
  }
  if (mask == 0xF)
    reader_warps_[word] = 0;  // all ordered before this write, which stands for them from now on
  return std::nullopt;
}

void Shadow::stamp_write(std::size_t word, unsigned mask, Stamp stamp) {
  const std::uint64_t identity = stamp.bits & ~std::uint64_t{0xF};
  for (unsigned half = 0; half < 2; ++half) {
    const unsigned part = mask & (3u << (2 * half));
    if (part == 0) continue;
    Stamp& slot = writers_[2 * word + half];
    const unsigned kept = (slot.bits & ~std::uint64_t{0xF}) == identity ? slot.mask() : 0;
    slot.bits = identity | part | kept;
  }
}

std::optional<Conflict> Shadow::write(unsigned thread, std::size_t offset, std::size_t bytes,
                                      std::uint32_t site) {
  const std::uint32_t epoch = clocks_.epoch(thread);
  return for_words(offset, bytes, [&](std::size_t word, unsigned mask) -> std::optional<Conflict> {
    std::uint8_t& state = state_[word];
    if ((state >> 4 & mask) != 0) {
      const Stamp low = writers_[2 * word];
      return conflict(Conflict::Kind::kInFlight, word,
                      (low.mask() & mask) != 0 ? low : writers_[2 * word + 1], true);
    }
    if (check_races_) {
      if (auto race = write_race(thread, word, mask)) return race;
      stamp_write(word, mask, Stamp::make(epoch, thread, site, mask));
    }
    state = static_cast<std::uint8_t>(state | mask);
    return std::nullopt;
  });
}

std::optional<Conflict> Shadow::claim(unsigned thread, std::size_t offset, std::size_t bytes,
                                      std::uint32_t site) {
  if (auto found = write(thread, offset, bytes, site)) return found;
  return for_words(offset, bytes, [&](std::size_t word, unsigned mask) -> std::optional<Conflict> {
    state_[word] = static_cast<std::uint8_t>(mask << 4);
    stamp_write(word, mask, Stamp::make(clocks_.epoch(thread), thread, site, mask));
    return std::nullopt;
  });
}

void Shadow::land(unsigned writer, std::size_t offset, std::size_t bytes, std::uint32_t site) {
  const std::uint32_t epoch = clocks_.epoch(writer);
  for_words(offset, bytes, [&](std::size_t word, unsigned mask) -> std::optional<Conflict> {
    state_[word] = static_cast<std::uint8_t>((state_[word] & ~(mask << 4)) | mask);
    stamp_write(word, mask, Stamp::make(epoch, writer, site, mask));
    return std::nullopt;
  });
}

}  // namespace fp6sim::simt
