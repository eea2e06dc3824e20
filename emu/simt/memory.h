// Loads, stores and atomics of a kernel's thread: checked, and recorded when a trace is being taken.
//
// A pointer must lie in a registered buffer (LaunchConfig::buffers) or in the CTA's shared memory; the access
// must be aligned to its size. Anything else ends the launch with a Violation that names kernel, CTA, thread
// and line.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "emu/simt/thread.h"

namespace fp6sim::simt {

namespace detail {

void check_global_load(const void* from, unsigned bytes, const Where& where);
void check_global_store(const void* to, unsigned bytes, const Where& where);
void check_global_acquire(const void* from, unsigned bytes, const Where& where);
void check_global_release(const void* to, unsigned bytes, const Where& where);
void check_global_atomic(const void* at, unsigned bytes, const Where& where);
void check_shared_load(const void* from, unsigned bytes, const Where& where);
void check_shared_store(const void* to, unsigned bytes, const Where& where);
/// Lets the CTA's other threads and other CTAs run before a polling load is repeated.
void relax_polling(const Where& where);

template <class T>
inline constexpr bool kAccessible = std::is_trivially_copyable_v<T> &&
                                    (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8 ||
                                     sizeof(T) == 16);

}  // namespace detail

/// One load instruction of sizeof(T) = 1, 2, 4, 8 or 16 bytes.
template <class T>
T load_global(const T* from, Where where = Where::current()) {
  static_assert(detail::kAccessible<T>, "a load is of 1, 2, 4, 8 or 16 bytes");
  detail::check_global_load(from, sizeof(T), where);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// Two CTAs that store to the same place race, whatever they store; stores of one byte are not told apart.
template <class T>
void store_global(T* to, std::type_identity_t<T> value, Where where = Where::current()) {
  static_assert(detail::kAccessible<T>, "a store is of 1, 2, 4, 8 or 16 bytes");
  detail::check_global_store(to, sizeof(T), where);
  std::memcpy(to, &value, sizeof(T));
}

/// Reading shared memory nobody has written, or that an asynchronous copy has not landed in, is a Violation.
template <class T>
T load_shared(const T* from, Where where = Where::current()) {
  static_assert(detail::kAccessible<T>, "a load is of 1, 2, 4, 8 or 16 bytes");
  detail::check_shared_load(from, sizeof(T), where);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <class T>
void store_shared(T* to, std::type_identity_t<T> value, Where where = Where::current()) {
  static_assert(detail::kAccessible<T>, "a store is of 1, 2, 4, 8 or 16 bytes");
  detail::check_shared_store(to, sizeof(T), where);
  std::memcpy(to, &value, sizeof(T));
}

/// Global atomics on 32- and 64-bit integers: they return the old value, as CUDA's do. Sequentially
/// consistent here; floating-point atomics are left out because their order, hence their bits, would differ
/// from run to run.
template <class T>
T atomic_add(T* at, std::type_identity_t<T> value, Where where = Where::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) >= 4, "integers of 32 or 64 bits");
  detail::check_global_atomic(at, sizeof(T), where);
  return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
}

template <class T>
T atomic_exchange(T* at, std::type_identity_t<T> value, Where where = Where::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) >= 4, "integers of 32 or 64 bits");
  detail::check_global_atomic(at, sizeof(T), where);
  return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
}

template <class T>
T atomic_compare_exchange(T* at, std::type_identity_t<T> expected, std::type_identity_t<T> desired,
                          Where where = Where::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) >= 4, "integers of 32 or 64 bits");
  detail::check_global_atomic(at, sizeof(T), where);
  __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

/// Loads meant for polling (a semaphore between CTAs): each call lets others run first, so a loop around it
/// makes progress. CTAs start in ascending order, so waiting for a lower-numbered CTA always ends; a loop
/// that cannot end is reported as a deadlock.
template <class T>
T load_acquire_global(const T* from, Where where = Where::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) >= 4, "integers of 32 or 64 bits");
  detail::relax_polling(where);
  detail::check_global_acquire(from, sizeof(T), where);
  return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

/// May follow another CTA's: the order is the semaphore's business.
template <class T>
void store_release_global(T* to, std::type_identity_t<T> value, Where where = Where::current()) {
  static_assert(std::is_integral_v<T> && sizeof(T) >= 4, "integers of 32 or 64 bits");
  detail::check_global_release(to, sizeof(T), where);
  __atomic_store_n(to, value, __ATOMIC_RELEASE);
}

/// Orders this thread's global writes before what other CTAs see afterwards (__threadfence).
void thread_fence();

}  // namespace fp6sim::simt
