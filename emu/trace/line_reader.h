// Lines of a text file, plain or .xz, with errors that name file and line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::trace {

/// Holds one block of the file at a time. A name ending in ".xz" is decompressed on the way (where liblzma
/// was there at build time; else opening it throws). Lines longer than 1 MiB are refused.
class LineReader {
 public:
  explicit LineReader(std::string path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line without its end (LF or CRLF); false at the end of the file. Valid until the next call.
  bool next(std::string_view& line);
  std::uint64_t number() const { return number_; }  ///< of the line last returned, from 1
  /// Throws Error "<path>:<line>: <message>".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  struct Xz;
  bool refill();

  std::string path_;
  std::FILE* file_ = nullptr;
  std::unique_ptr<Xz> xz_;
  std::vector<char> block_;
  std::size_t begin_ = 0, end_ = 0;
  std::string line_;
  std::uint64_t number_ = 0;
};

}  // namespace fp6sim::trace
