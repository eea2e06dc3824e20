// Traces as bytes: variable-length integers, events, and the hash that recognises equal behaviour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emu/trace/trace.h"

namespace fp6sim::trace {

using Bytes = std::vector<std::uint8_t>;

/// File layout (all integers little endian):
///   0   magic "FP6TRACE", u32 version, u32 zero
///   16  chunks: zstd frames with checksums, each at most kChunkEvents events of one warp
///       index: one zstd frame (launches, classes with their chunks, placements)
///   end-32  u64 position of the index, u64 its compressed size, u64 its hash, magic "FP6TREND"
inline constexpr std::string_view kMagic = "FP6TRACE";
inline constexpr std::string_view kEndMagic = "FP6TREND";
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 16, kFooterBytes = 32;
inline constexpr std::size_t kChunkEvents = std::size_t{1} << 16;

struct Hash {
  std::array<std::uint64_t, 2> words;
  friend auto operator<=>(const Hash&, const Hash&) = default;
};
/// 128 bits over the bytes: for recognising repeats, not for security.
Hash hash_bytes(std::span<const std::uint8_t> bytes);

class Encoder {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }
  void signed_number(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void text(const std::string& value) {
    number(value.size());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Reads what Encoder wrote; throws Error "<what>: corrupt" (the caller knows file and position) on anything
/// else.
class Decoder {
 public:
  Decoder(std::span<const std::uint8_t> bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}

  std::uint64_t number();
  std::int64_t signed_number() {
    const std::uint64_t n = number();
    return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
  }
  /// A number that must be at most `limit`; a count of things still to come cannot exceed the bytes left.
  template <class T>
  T at_most(std::uint64_t limit) {
    const std::uint64_t n = number();
    if (n > limit) corrupt("a number is out of range");
    return static_cast<T>(n);
  }
  std::size_t count() { return at_most<std::size_t>(bytes_.size() - next_); }
  std::uint8_t byte();
  std::string text();
  bool done() const { return next_ == bytes_.size(); }
  [[noreturn]] void corrupt(const char* why) const;

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t next_ = 0;
  std::string what_;
};

/// Events [first, last) of a warp with their runs.
Bytes encode_events(const Warp& warp, std::size_t first, std::size_t last);
/// Appends them to `warp`. Buffers and lines are checked against what the launch and the program have.
void decode_events(Decoder& from, Warp& warp, std::size_t buffers, std::size_t lines);

/// Moves a program's addresses so that each buffer starts at the first line (128 bytes) the CTA touches;
/// returns where that is: offsets[b], a multiple of kLineBytes, 0 for buffers it does not touch.
std::vector<std::int64_t> make_relative(Program& program, std::size_t buffers);
/// The reverse: addresses relative to each buffer's start.
void make_absolute(Program& program, const std::vector<std::int64_t>& offsets);

Bytes compress(std::span<const std::uint8_t> bytes);
/// Throws Error where the frame is damaged or larger than `limit`.
Bytes decompress(std::span<const std::uint8_t> frame, std::size_t limit, const std::string& what);

}  // namespace fp6sim::trace
