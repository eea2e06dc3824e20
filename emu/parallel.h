// Work over independent rows on a bounded number of threads, for all of emu.
#pragma once

#include <cstddef>
#include <functional>

namespace fp6sim::emu {

/// How many threads parallel_for() may use, the caller's included: what set_thread_count() said, else the
/// number of processors this process may run on. At least 1.
int thread_count();

/// Bounds parallel_for() from now on; 0 restores the default. Throws fp6sim::Error below 0 or above 4096.
void set_thread_count(int threads);

/// Calls body(begin, end) for consecutive ranges that together cover 0..count exactly once, each of `grain`
/// items (the last one shorter), on up to thread_count() threads. Which thread takes which range is not
/// fixed, but the ranges are: a body that writes only its own items gives the same bits on any number of
/// threads.
///
/// The caller takes part and returns when all is done. Calls from inside a body, and calls that meet another
/// thread's parallel_for(), run on their own thread alone. An exception from a body stops ranges that have
/// not begun and is rethrown here (the first one, if several). grain 0 counts as 1. A child made by fork()
/// gets threads of its own.
void parallel_for(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t, std::size_t)>& body);

}  // namespace fp6sim::emu
