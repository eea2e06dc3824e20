// Replays a trace on a GPU: what the traced launches cost there, and where the time went.
#pragma once

#include <string>

#include "emu/trace/reader.h"
#include "sim/description/gpu_description.h"
#include "sim/simulate.h"

namespace fp6sim::sim {

struct ReplayOptions {
  bool exact = false;         ///< 128-byte transactions
  std::string timeline_path;  ///< Chrome/Perfetto JSON is written here; empty: none
};

/// Runs all launches of the trace one after the other on a cold L2. Every distinct sector a CTA's stage
/// touches is requested once; computing a stage takes the issue slots, pipes, banks and tensor-core time of
/// its traced instructions. `tile`, `split_k` and `padding` of the result are left empty; counters are the
/// memory path's, and of the trace warp_instructions, tensor_fma and shared_bytes. Instructions expand
/// weights as they were traced: no other design can be replayed. Throws fp6sim::Error for a trace that
/// check_launch() refuses and for CTAs the GPU cannot hold.
GemmResult replay(const GpuDescription& gpu, const trace::Reader& trace, const ReplayOptions& options = {});

}  // namespace fp6sim::sim
