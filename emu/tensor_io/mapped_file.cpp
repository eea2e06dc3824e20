#include "emu/tensor_io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "emu/error.h"

namespace fp6sim::tensor_io {

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const int descriptor =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // O_NONBLOCK: a FIFO must not hang
  if (descriptor < 0) throw Error(path + ": cannot open: " + std::strerror(errno));
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw Error(path + ": not a regular file");
  }
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ != 0) {
    address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address_ == MAP_FAILED) {
      address_ = nullptr;
      const int reason = errno;
      ::close(descriptor);
      throw Error(path + ": cannot map: " + std::strerror(reason));
    }
    ::madvise(address_, size_, MADV_SEQUENTIAL);
  }
  ::close(descriptor);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      address_(std::exchange(other.address_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

void MappedFile::drop(std::uint64_t offset, std::uint64_t size) const {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t first = (offset + page - 1) / page * page;
  const std::uint64_t last = (offset + size) / page * page;
  if (last > first) ::madvise(static_cast<char*>(address_) + first, last - first, MADV_DONTNEED);
}

}  // namespace fp6sim::tensor_io
