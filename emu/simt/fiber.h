// Stacks and switching for the threads of a CTA.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#elif defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace fp6sim::simt {

/// Hands out stacks with a guard page below and keeps them: a CTA takes one per thread, the next CTA takes
/// the same. One pool per worker.
class StackPool {
 public:
  using traits_type = boost::context::stack_traits;
  static constexpr std::size_t kStackBytes = 256 * 1024;

  StackPool() = default;
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  ~StackPool();
  boost::context::stack_context allocate();
  void deallocate(boost::context::stack_context& stack) noexcept;

 private:
  std::vector<void*> free_;
};

/// One side of a switch between stacks: what a sanitizer must be told about it, and nothing in other builds.
class StackSide {
 public:
#if defined(__SANITIZE_ADDRESS__)
  void set_bounds(const void* bottom, std::size_t bytes) {
    bottom_ = bottom, bytes_ = bytes;
  }
  /// Before control leaves `this` for `to`; where `this` ends, `last`.
  void leave_for(const StackSide& to, bool last = false) {
    __sanitizer_start_switch_fiber(last ? nullptr : &fake_stack_, to.bottom_, to.bytes_);
  }
  /// When control has come (back) to `this` from `from`.
  void arrive_from(StackSide& from) {
    __sanitizer_finish_switch_fiber(std::exchange(fake_stack_, nullptr), &from.bottom_, &from.bytes_);
  }

 private:
  const void* bottom_ = nullptr;
  std::size_t bytes_ = 0;
  void* fake_stack_ = nullptr;
#elif defined(__SANITIZE_THREAD__)
  StackSide() = default;
  StackSide(const StackSide&) = delete;
  StackSide& operator=(const StackSide&) = delete;
  ~StackSide() {
    if (owned_) __tsan_destroy_fiber(fiber_);
  }
  void set_bounds(const void*, std::size_t) {
    if (fiber_ == nullptr) fiber_ = __tsan_create_fiber(0);  // slow: kept for the thread's next CTA
    owned_ = true;
  }
  void leave_for(StackSide& to, bool = false) {
    if (fiber_ == nullptr) fiber_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to.fiber_, 0);
  }
  void arrive_from(StackSide&) {}

 private:
  void* fiber_ = nullptr;
  bool owned_ = false;
#else
  void set_bounds(const void*, std::size_t) {}
  void leave_for(const StackSide&, bool = false) {}
  void arrive_from(const StackSide&) {}
#endif
};

/// What Boost.Context takes: refers to a pool that outlives every fiber, and tells the fiber's side where its
/// stack is.
struct PooledStack {
  using traits_type = boost::context::stack_traits;
  StackPool* pool;
  StackSide* side;
  boost::context::stack_context allocate() {
    const boost::context::stack_context stack = pool->allocate();
    side->set_bounds(static_cast<const char*>(stack.sp) - stack.size, stack.size);
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) noexcept { pool->deallocate(stack); }
};

}  // namespace fp6sim::simt
