#include "emu/trace/codec.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "emu/error.h"

namespace fp6sim::trace {
namespace {

// Which groups of fields an event carries; the others are at their defaults.
constexpr std::uint8_t kHasCounts = 1, kHasRuns = 2, kHasShared = 4, kHasBarrier = 8, kHasMma = 16,
                       kFewLanes = 32, kHasLaneBytes = 64;

/// Where the next run of a buffer probably starts: behind the previous one.
class RunPredictor {
 public:
  std::int64_t& next(std::uint16_t buffer) {
    if (next_.size() <= buffer) next_.resize(buffer + std::size_t{1}, 0);
    return next_[buffer];
  }

 private:
  std::vector<std::int64_t> next_;
};

std::uint8_t groups_of(const Event& e) {
  std::uint8_t groups = 0;
  if (e.counts != Counts{}) groups |= kHasCounts;
  if (e.run_count != 0) groups |= kHasRuns;
  if (e.shared_bytes != 0 || e.shared_passes != 0 || e.shared_passes_ideal != 0) groups |= kHasShared;
  if (e.barrier != 0 || e.value != 0 || e.tx_bytes != 0) groups |= kHasBarrier;
  if (e.mma_m != 0 || e.mma_input != MmaInput::kF16) groups |= kHasMma;
  if (e.lanes != 32) groups |= kFewLanes;
  if (e.lane_bytes != 0) groups |= kHasLaneBytes;
  return groups;
}

}  // namespace

Hash hash_bytes(std::span<const std::uint8_t> bytes) {
  std::uint64_t a = 0x9E3779B97F4A7C15ull ^ bytes.size(), b = 0xC2B2AE3D27D4EB4Full;
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    a = (a ^ word) * 0xFF51AFD7ED558CCDull;
    a ^= a >> 32;
    b = std::rotl(b + word * 0xC4CEB9FE1A85EC53ull, 29) * 0x9FB21C651E98DF25ull;
  }
  a ^= b >> 31;
  b ^= a >> 29;
  return {{a * 0x94D049BB133111EBull, b * 0xBF58476D1CE4E5B9ull}};
}

std::uint64_t Decoder::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    value |= std::uint64_t{next & 0x7Fu} << shift;
    if ((next & 0x80) == 0) return value;
  }
  corrupt("a number does not end");
}

std::uint8_t Decoder::byte() {
  if (next_ == bytes_.size()) corrupt("it ends too early");
  return bytes_[next_++];
}

std::string Decoder::text() {
  const std::size_t size = count();
  const auto* start = reinterpret_cast<const char*>(bytes_.data() + next_);
  next_ += size;
  return std::string(start, size);
}

void Decoder::corrupt(const char* why) const {
  throw Error(what_ + " is corrupt: " + why);
}

Bytes encode_events(const Warp& warp, std::size_t first, std::size_t last) {
  Encoder to;
  RunPredictor predictor;
  to.number(last - first);
  for (std::size_t i = first; i < last; ++i) {
    const Event& e = warp.events[i];
    const std::uint8_t groups = groups_of(e);
    to.byte(static_cast<std::uint8_t>(e.op));
    to.byte(groups);
    to.number(e.line);
    if ((groups & kFewLanes) != 0) to.byte(e.lanes);
    if ((groups & kHasLaneBytes) != 0) to.byte(e.lane_bytes);
    if ((groups & kHasCounts) != 0) {
      for (std::uint32_t n : {e.counts.integer, e.counts.half2, e.counts.float32, e.counts.shuffle,
                              e.counts.convert, e.counts.other}) {
        to.number(n);
      }
    }
    if ((groups & kHasShared) != 0) {
      to.number(e.shared_bytes);
      to.number(e.shared_passes);
      to.number(e.shared_passes_ideal);
    }
    if ((groups & kHasBarrier) != 0) {
      to.number(e.barrier);
      to.number(e.value);
      to.number(e.tx_bytes);
    }
    if ((groups & kHasMma) != 0) {
      to.byte(static_cast<std::uint8_t>(e.mma_input));
      to.number(e.mma_m);
      to.number(e.mma_n);
      to.number(e.mma_k);
    }
    if ((groups & kHasRuns) != 0) {
      to.number(e.run_count);
      for (std::uint32_t r = 0; r < e.run_count; ++r) {
        const SectorRun& run = warp.runs[e.first_run + r];
        std::int64_t& expected = predictor.next(run.buffer);
        to.number(run.buffer);
        to.signed_number(run.first_sector - expected);
        to.number(run.sectors);
        expected = run.first_sector + run.sectors;
      }
    }
  }
  return to.take();
}

void decode_events(Decoder& from, Warp& warp, std::size_t buffers, std::size_t lines) {
  constexpr std::uint64_t k16 = 0xFFFF, k32 = 0xFFFFFFFF;
  RunPredictor predictor;
  const std::size_t events = from.at_most<std::size_t>(kChunkEvents);
  for (std::size_t i = 0; i < events; ++i) {
    Event e;
    const std::uint8_t op = from.byte(), groups = from.byte();
    if (op > static_cast<std::uint8_t>(Op::kExit)) from.corrupt("an operation is unknown");
    e.op = static_cast<Op>(op);
    e.line = from.at_most<std::uint32_t>(k32);
    if (e.line >= lines) from.corrupt("a source line is out of range");
    e.lanes = (groups & kFewLanes) != 0 ? from.byte() : 32;
    if ((groups & kHasLaneBytes) != 0) e.lane_bytes = from.byte();
    if ((groups & kHasCounts) != 0) {
      for (std::uint32_t* n : {&e.counts.integer, &e.counts.half2, &e.counts.float32, &e.counts.shuffle,
                               &e.counts.convert, &e.counts.other}) {
        *n = from.at_most<std::uint32_t>(k32);
      }
    }
    if ((groups & kHasShared) != 0) {
      e.shared_bytes = from.at_most<std::uint32_t>(k32);
      e.shared_passes = from.at_most<std::uint16_t>(k16);
      e.shared_passes_ideal = from.at_most<std::uint16_t>(k16);
    }
    if ((groups & kHasBarrier) != 0) {
      e.barrier = from.at_most<std::uint32_t>(k32);
      e.value = from.at_most<std::uint32_t>(k32);
      e.tx_bytes = from.at_most<std::uint32_t>(k32);
    }
    if ((groups & kHasMma) != 0) {
      e.mma_input = from.at_most<MmaInput>(static_cast<std::uint64_t>(MmaInput::kOther));
      e.mma_m = from.at_most<std::uint16_t>(k16);
      e.mma_n = from.at_most<std::uint16_t>(k16);
      e.mma_k = from.at_most<std::uint16_t>(k16);
    }
    if ((groups & kHasRuns) != 0) {
      e.first_run = static_cast<std::uint32_t>(warp.runs.size());
      e.run_count = static_cast<std::uint32_t>(from.count());
      for (std::uint32_t r = 0; r < e.run_count; ++r) {
        SectorRun run;
        run.buffer = from.at_most<std::uint16_t>(k16);
        if (run.buffer >= buffers) from.corrupt("a buffer is out of range");
        std::int64_t& expected = predictor.next(run.buffer);
        run.first_sector = static_cast<std::int64_t>(static_cast<std::uint64_t>(expected) +
                                                     static_cast<std::uint64_t>(from.signed_number()));
        run.sectors = from.at_most<std::uint32_t>(k32);
        expected = run.first_sector + run.sectors;
        warp.runs.push_back(run);
      }
    }
    warp.events.push_back(e);
  }
  if (!from.done()) from.corrupt("bytes follow its last event");
}

std::vector<std::int64_t> make_relative(Program& program, std::size_t buffers) {
  constexpr std::int64_t kUntouched = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLineSectors = kLineBytes / kSectorBytes;
  std::vector<std::int64_t> first(buffers, kUntouched);
  for (const Warp& warp : program.warps) {
    for (const SectorRun& run : warp.runs) first[run.buffer] = std::min(first[run.buffer], run.first_sector);
  }
  for (std::int64_t& sector : first) sector = sector == kUntouched ? 0 : (sector & -kLineSectors);
  for (Warp& warp : program.warps) {
    for (SectorRun& run : warp.runs) run.first_sector -= first[run.buffer];
  }
  for (std::int64_t& sector : first) sector *= kSectorBytes;
  return first;
}

void make_absolute(Program& program, const std::vector<std::int64_t>& offsets) {
  for (Warp& warp : program.warps) {
    for (SectorRun& run : warp.runs) run.first_sector += offsets[run.buffer] / kSectorBytes;
  }
}

Bytes compress(std::span<const std::uint8_t> bytes) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3);
  Bytes frame(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress2(context, frame.data(), frame.size(), bytes.data(), bytes.size());
  ZSTD_freeCCtx(context);
  if (ZSTD_isError(size) != 0) throw Error(std::string("zstd: ") + ZSTD_getErrorName(size));
  frame.resize(size);
  return frame;
}

Bytes decompress(std::span<const std::uint8_t> frame, std::size_t limit, const std::string& what) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > limit) {
    throw Error(what + " is corrupt: not a zstd frame of known size");
  }
  Bytes bytes(static_cast<std::size_t>(size));
  const std::size_t got = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0) throw Error(what + " is corrupt: " + ZSTD_getErrorName(got));
  if (got != bytes.size()) throw Error(what + " is corrupt: its size differs from what it says");
  return bytes;
}

}  // namespace fp6sim::trace
