// Stacks and switching for the threads of a CTA.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <vector>

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

/// What Boost.Context takes: refers to a pool that outlives every fiber.
struct PooledStack {
  using traits_type = boost::context::stack_traits;
  StackPool* pool;
  boost::context::stack_context allocate() { return pool->allocate(); }
  void deallocate(boost::context::stack_context& stack) noexcept { pool->deallocate(stack); }
};

}  // namespace fp6sim::simt
