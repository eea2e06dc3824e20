#include "emu/simt/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace fp6sim::simt {
namespace {
std::size_t guard_bytes() {
  static const std::size_t bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}
}  // namespace

StackPool::~StackPool() {
  for (void* start : free_) munmap(start, kStackBytes + guard_bytes());
}

boost::context::stack_context StackPool::allocate() {
  void* start = nullptr;
  if (free_.empty()) {
    start = mmap(nullptr, kStackBytes + guard_bytes(), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED || mprotect(start, guard_bytes(), PROT_NONE) != 0) throw std::bad_alloc();
  } else {
    start = free_.back();
    free_.pop_back();
  }
  boost::context::stack_context stack;
  stack.size = kStackBytes;
  stack.sp = static_cast<char*>(start) + guard_bytes() + kStackBytes;
  return stack;
}

void StackPool::deallocate(boost::context::stack_context& stack) noexcept {
  free_.push_back(static_cast<char*>(stack.sp) - kStackBytes - guard_bytes());
}

}  // namespace fp6sim::simt
