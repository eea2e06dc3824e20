// Replays a trace on a GPU: what the traced launches cost there, and where the time went.
#pragma once

#include <string>
#include <vector>

#include "emu/trace/reader.h"
#include "sim/description/design_description.h"
#include "sim/description/gpu_description.h"
#include "sim/simulate.h"

namespace fp6sim::sim {

struct ReplayOptions {
  bool exact = false;            ///< 128-byte transactions
  std::string timeline_path;     ///< Chrome/Perfetto JSON is written here; empty: none
  int timeline_sms = 1;          ///< as in RunOptions
  DequantStageFactory rtl_unit;  ///< as in RunOptions
};

/// All launches together, and each; `tile`, `split_k` and `padding` are left empty. Counters are the memory
/// path's, and of the trace warp_instructions, tensor_fma, shared_bytes and the sectors its instructions
/// name.
struct ReplayResult : GemmResult {
  std::vector<GemmResult> launches;  ///< their times add up to the whole
};

/// Runs all launches of the trace one after the other on a cold L2. Every distinct sector a CTA's stage
/// touches is requested once; computing a stage takes the issue slots, pipes, banks and tensor-core time of
/// its traced instructions. Registers per thread are the trace's, 64 where it does not say.
///
/// Designs other than simt take the instructions that expand weights out of the stages that read weights.
/// What these are only a recording of a kernel of ours says: its buffers are named, its integer,
/// convert and half2 instructions are those of the expansion, and a description of its name (sim/kernels)
/// gives the format.
///
/// Throws fp6sim::Error for a trace that check_launch() refuses, for CTAs the GPU cannot hold (naming the
/// limit), and for a design the trace does not say enough for.
ReplayResult replay(const GpuDescription& gpu, const DesignDescription& design, const trace::Reader& trace,
                    const ReplayOptions& options = {});

}  // namespace fp6sim::sim
