// Runs a kernel's own source on the CPU: every CTA, every thread, checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "emu/error.h"
#include "emu/simt/thread.h"

namespace fp6sim::trace {
class Recorder;  // emu/trace/recorder.h
}

namespace fp6sim::simt {

/// A region of memory the kernel may touch, by the name reports and traces use. What moves differently from
/// CTA to CTA (two arrays in one allocation) is best registered apart: a trace holds one offset per CTA and
/// buffer. An access that strays from one buffer exactly into a neighbouring one counts as an access to the
/// neighbour.
struct Buffer {
  std::string name;
  const void* start = nullptr;
  std::size_t bytes = 0;
  bool writable = false;
};

template <class T>
Buffer read_only(std::string name, const T* start, std::size_t count) {
  return {std::move(name), start, count * sizeof(T), false};
}
template <class T>
Buffer read_write(std::string name, T* start, std::size_t count) {
  return {std::move(name), start, count * sizeof(T), true};
}

/// What a GPU would refuse at launch.
struct Limits {
  unsigned threads_per_block = 1024;
  std::size_t shared_bytes_per_block = 227 * 1024;  ///< compute capability 9.0; 163 KiB on 8.0
};

struct LaunchConfig {
  std::string kernel_name;  ///< as reports and traces show it
  Dim3 grid, block;
  std::size_t dynamic_shared_bytes = 0;
  std::string architecture = "ampere";  ///< whose tensor core: a name of emu/mma
  unsigned registers_per_thread = 0;    ///< as ptxas reports them; only handed on to the trace, 0: unknown
  std::vector<Buffer> buffers;          ///< all the global memory the kernel may touch; must not overlap
  Limits limits;
  bool check_races = true;              ///< off: bounds, alignment and initialisation stay checked
  unsigned workers = 0;                 ///< CTAs run at a time; 0: one per core
  trace::Recorder* recorder = nullptr;  ///< takes a trace of the launch when set
};

enum class ViolationKind : std::uint8_t {
  kOutOfBounds,
  kMisaligned,
  kReadOnly,       ///< a store into a buffer registered as read-only
  kUninitialised,  ///< shared memory read before anything was written there
  kInFlight,       ///< shared memory touched while an asynchronous copy into it is not waited for
  kRace,           ///< two threads, one writing, nothing orders them
  kDeadlock,       ///< nobody can go on
  kBadBarrier,     ///< counts, lines or ids of a barrier or collective that do not fit together
  kBadArgument,    ///< a primitive called with a value the device does not accept
};
const char* violation_kind_name(ViolationKind kind);

/// What a kernel did wrong, in the lowest-numbered CTA that did anything wrong. what() is one line with
/// everything.
class Violation : public Error {
 public:
  Violation(ViolationKind kind, std::string kernel, Dim3 block_idx, unsigned thread, std::string file,
            unsigned line, const std::string& message);
  ViolationKind kind;
  std::string kernel;
  Dim3 block_idx;
  unsigned thread;   ///< index in the CTA, x fastest
  std::string file;  ///< of the kernel's source
  unsigned line;
};

/// Warp-level totals of a launch: an instruction counts once per warp that issues it.
struct LaunchStatistics {
  std::uint64_t ctas = 0;
  std::uint64_t mma_steps = 0;
};

/// Runs `kernel` for every thread of every CTA and returns when all are done. Throws Error for a launch no
/// GPU would accept, Violation for what the kernel did wrong. Results do not depend on `workers`.
LaunchStatistics launch_threads(const LaunchConfig& config, const std::function<void()>& kernel);

template <class Kernel, class... Args>
LaunchStatistics launch(const LaunchConfig& config, Kernel kernel, Args... args) {
  return launch_threads(config, [&] { kernel(args...); });
}

}  // namespace fp6sim::simt
