// Files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fp6sim::tensor_io {

/// Writes beside `path` under a temporary name and renames it on commit(): readers never see a half-written
/// file, and an abandoned or failed one leaves an older `path` as it was. A `path` that exists and is not a
/// regular file (a device, a pipe) is written in place. Every failure, a full disk included, is an Error
/// naming the path and the reason.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();  ///< without commit(): removes the temporary file

  /// Appends in order.
  void append(std::span<const std::byte> bytes);
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }
  /// Writes at a position; may be called from several threads. Not for pipes.
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Nothing may be written afterwards.
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::string path_;       ///< where the bytes will be
  std::string temporary_;  ///< where they are; empty: written in place
  int descriptor_ = -1;
};

}  // namespace fp6sim::tensor_io
