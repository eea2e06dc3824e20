// Imports traces of Accel-Sim's tracer.
#pragma once

#include <string>

#include "emu/trace/recorder.h"

namespace fp6sim::trace {

/// Reads a kernelslist.g (every kernel it lists, in order) or a single .traceg, plain or .xz, of tracer
/// versions 3 to 5, and hands its CTAs to `to`, one at a time in memory. Regions copied to the device become
/// buffers; all other addresses lie in a buffer "memory" at 0. Grammar errors throw fp6sim::Error naming
/// file, line and what was expected.
///
/// Approximations the format forces: asynchronous waits of version 3 have no count (taken as "all"), barrier
/// ids are not written (taken as __syncthreads), constant loads are counted and not timed, local memory is
/// global memory.
void import_accelsim(const std::string& path, Recorder& to);

}  // namespace fp6sim::trace
