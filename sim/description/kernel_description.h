// A mixed-input GEMM kernel as data: sim/kernels/<name>.json. Every number is marked cited, derived or
// fitted; at most one may be fitted. Our own kernels come from here or, tile and split chosen, from a
// KernelDescription built by hand.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emu/json/reader.h"
#include "sim/description/instruction_counts.h"
#include "sim/description/numbers.h"

namespace fp6sim::sim {

/// One compiled variant: the part of the GEMM a CTA computes (out features x in features a stage x batch).
struct TileOption {
  int m = 0, k = 0, n = 0;
  int threads = 0;
  int copying_threads = 0;  ///< of `threads`, those that only copy
  int stages = 0;           ///< shared-memory buffers; stages - 1 tiles are in flight while one is computed
  int registers = 0;        ///< per thread
  int shared_bytes = 0;     ///< per CTA
  bool warpgroup_mma = false;  ///< wgmma: only for GPUs that have it
};

/// split-K of the kernel for a shape it was tuned to: by batch up to 64, 128, 512, and above.
struct SplitRow {
  long m = 0, k = 0;
  std::array<int, 4> splits{};
};

struct WeightLayout {
  std::string format;  ///< fp16, e3m2, int4, ...
  double bits = 16;
  std::vector<int> segments;  ///< bits of each separately stored array; they sum to `bits`
  std::string split;  ///< name of that arrangement, e.g. 4+2-byte; empty where the bits are whole words
  int block_rows =
      1;          ///< rows whose tile_k weights lie together: 1 row-major, 64 a warp's tile, 2/4 interleaved
  int group = 0;  ///< in features sharing a scale; 0: one scale a row; -1: no scale
  bool zero_points = false;  ///< 4 bits a group
};

enum class TileRule {
  kCovering,  ///< the smallest batch tile that covers the batch, else the largest
  kLibrary,   ///< tile and split-K together fill the SMs (a library's heuristic, choose_tile.cpp)
};

enum class SplitRule {
  kNone,
  kTable,    ///< `split_table`, and for other shapes the authors' heuristic
  kFill,     ///< as many parts as fill every SM's slots once, at least `min_split_tiles` k-tiles each
  kLibrary,  ///< with TileRule::kLibrary
  kStripes,  ///< all k-tiles of all output tiles divided evenly among the GPU's slots
};

/// Work of expanding and multiplying, per weight of a tile (not of the batch).
struct InstructionMix {
  double integer_per_weight = 0;  ///< to expand: LOP3, SHF, PRMT
  double half2_per_weight = 0;    ///< to expand: HMUL2, HADD2
  double convert_per_weight = 0;  ///< to expand: FP8 to binary16
  /// A warp's loop control and addresses per k-tile; without `loop` its waits too.
  double overhead_per_tile = 0;
  std::optional<LoopCounts> loop;  ///< counted; without it derived from the tile's bytes
  double warp_cpi = 1;             ///< cycles a lone warp needs per instruction (dependences it cannot hide)
  double overlap =
      1;  ///< share of the shorter of instructions and mma's that hides under the longer, one warp
  /// Share of mma.sync's rate that the kernel's CTAs together reach: an mma shares issue slots and register
  /// ports with what feeds it. What is not told takes TC-FPx's.
  double tensor_efficiency = 0.7;
  /// Of the SM's load/store unit, to bring an accumulator from its register to memory.
  double epilogue_cycles_per_output = 0;
};

struct KernelDescription {
  std::string name;
  std::string description;
  WeightLayout weights;
  std::vector<TileOption> tiles;
  TileRule tile_rule = TileRule::kCovering;
  SplitRule split_rule = SplitRule::kNone;
  int max_split = 1;
  int min_split_tiles = 1;
  std::vector<SplitRow> split_table;
  InstructionMix instructions;
  std::string activations = "fp16";  ///< or bf16: of the arithmetic alone, their bytes are the same
  InstructionCounts counted;         ///< of all its forms; empty for a kernel of one form
  double start_us = 0;         ///< of a launch whose tile has no wgmma, beyond what the GPU's launches take
  bool warpgroup_mma = false;  ///< wgmma where the GPU has it
  bool reduction_in_kernel = false;  ///< the last CTA of a tile adds its partial sums: no second launch
  int partial_bytes = 4;             ///< an element of the split-K workspace
  int reduction_elements = 256;      ///< outputs a reduction CTA sums
  int reduction_threads = 32;
  int reduction_unroll = 4;         ///< parts whose loads it has in flight together
  int reduction_access_bytes = 16;  ///< a thread loads and stores its neighbouring elements in such pieces
  Marks marks;
};

/// Reads sim/kernels/<name>.json or the file at a path. Throws fp6sim::Error naming file, key, value and
/// range; more than one fitted number is such an error.
KernelDescription load_kernel(std::string_view name_or_path);
/// `kernel` as it runs on `architecture` with its weights arranged as `split` says (empty: its own):
/// segments, bits and what expanding a weight takes. Formats of 4, 8 and 16 bits are whole words and have
/// nothing to arrange. Throws fp6sim::Error for an arrangement these bits do not have and, if weights expand
/// `on_lanes`, for one whose instructions nobody has counted for this kernel.
KernelDescription arranged(const KernelDescription& kernel, const std::string& split,
                           std::string_view architecture, bool on_lanes);
/// The same from a document: a description with some of its values replaced.
KernelDescription read_kernel(const json::Document& document);
std::vector<std::string> kernel_names();

}  // namespace fp6sim::sim
