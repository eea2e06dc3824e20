// A traced CTA as the simulator runs one: stages of copies, each followed by what computing it asks of an SM.
#pragma once

#include <cstdint>
#include <vector>

#include "emu/trace/trace.h"
#include "sim/description/gpu_description.h"
#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

/// Strided pieces of one buffer, relative to the CTA's offset in it.
struct TracePiece {
  std::uint16_t buffer = 0;
  std::int64_t first_byte = 0;
  std::uint64_t stride = 0;
  std::uint32_t bytes = 0, count = 0;
};

/// One request and the work that follows it.
struct TraceStage {
  std::vector<TracePiece> pieces;  ///< at most StageRequest::kMaxSegments
  bool write = false;
  StageWork work;
  std::vector<WarpWork> warps;  ///< empty: nothing is computed
};

/// What a replay knows beyond the traced instructions, and how weights are treated that a design expands
/// elsewhere than in them.
struct TraceDesign {
  bool joins = true;            ///< partial sums wait for those of other CTAs (StagedProgram::own_stages)
  double unrecorded = 0;        ///< integer instructions a warp has beside every stage in which it multiplies
  bool on_lanes = true;         ///< by the traced instructions (simt): nothing below counts
  bool wide_in_shared = false;  ///< shared memory holds binary16
  double widening = 1;          ///< 16 / stored bits
  std::vector<bool> weight_buffer;  ///< of each buffer: holds packed weights
};

/// 32-byte sectors of a CTA: as its instructions name them, and how many of those the replay requests.
struct TraceSectors {
  std::uint64_t traced = 0, requested = 0;
};

struct StagedProgram {
  std::vector<TraceStage> stages;
  /// Of a CTA that counts itself (an atomic) and then reads what others have written: its stages before that,
  /// and what it has written by then. Else all stages, and nothing.
  std::size_t own_stages = 0;
  std::vector<TracePiece> partials;
  bool joins = false;
  std::vector<TracePiece> writes;  ///< sent when all stages are computed; at most StageRequest::kMaxSegments
  TraceSectors read, written;
  int in_flight = 1;        ///< stages whose copies are issued before the first is waited for
  double instructions = 0;  ///< warp instructions
  double multiply_adds = 0;
  double shared_bytes = 0;
  std::uint64_t stage_weight_bytes = 0;  ///< packed weights of the stage with most of them
  std::uint64_t weight_bytes = 0;        ///< of all stages
};

/// Cuts a program where its warps wait: for phases of mbarriers that bulk copies complete on; else for
/// cp.async groups; else at CTA barriers. Warps that only copy are where the stage is that they fill. The
/// copies a wait waits for are its stage's reads, what follows it up to the next wait its work. Plain loads
/// belong to the stage they are issued in (read once per stage, whatever warp repeats them), those after the
/// last wait to a stage of their own. Stages with more pieces than a request holds become several. Work of a
/// stage that reads nothing is done after the stage before it. Writes leave together at the end; those that
/// do not fit one request are stages of their own, and so are the writes of a CTA that reads nothing. Only a
/// CTA without any global access has a stage without pieces.
///
/// A warp's instructions and mma's overlap as stage_work() has it: of n runs of mma's with expansion between
/// them, all but one. mma's wider than mma.sync's eight columns are wgmma's, of a warp's own 16 rows or of
/// the whole warpgroup's 64: at warpgroup_tensor_fma where the GPU has it.
///
/// With a design that is not on the lanes, integer, convert and half2 instructions of stages that read
/// weights are left out (a recorded trace has no others there), and shared memory moves FP16 where the design
/// widens before it.
StagedProgram stage_program(const GpuDescription& gpu, const trace::Program& program,
                            const TraceDesign& design = {});

}  // namespace fp6sim::sim
