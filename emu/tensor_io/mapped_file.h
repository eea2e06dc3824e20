// A file's bytes without reading them: the kernel pages them in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fp6sim::tensor_io {

/// Maps a whole regular file read-only. Move-only; the span lives as long as the object. Throws fp6sim::Error
/// naming the path where it cannot be opened or is not a regular file. A file another process shortens
/// meanwhile ends this one with SIGBUS, as for every mapped file.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(address_), size_}; }

  /// Gives back the resident pages wholly inside [offset, offset + size): keeps the memory of a pass over a
  /// large file bounded by what it is working on. The bytes stay readable.
  void drop(std::uint64_t offset, std::uint64_t size) const;

 private:
  std::string path_;
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace fp6sim::tensor_io
