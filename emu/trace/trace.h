// What a trace holds, as plain structures: the launches of a file, one program per distinct behaviour of a
// CTA, and where each CTA's copy of that behaviour sits in memory. See docs/traces.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fp6sim::trace {

inline constexpr std::uint32_t kSectorBytes = 32;  ///< the unit of SectorRun
inline constexpr std::uint32_t kLineBytes = 128;   ///< CTA offsets in buffers are multiples of this

/// One warp instruction that touches memory, synchronises or uses the tensor core. What it does with its
/// fields:
enum class Op : std::uint8_t {
  kGlobalLoad,    ///< runs; lane_bytes, lanes
  kGlobalStore,   ///< runs
  kGlobalAtomic,  ///< runs
  kSharedLoad,    ///< shared_passes, shared_bytes
  kSharedStore,   ///< shared_passes, shared_bytes
  kMatrixLoad,    ///< ldmatrix: shared_passes, shared_bytes
  kAsyncCopy,     ///< cp.async: runs read; shared_passes, shared_bytes written when it lands
  kAsyncCommit,   ///< closes the group of the kAsyncCopy before it
  kAsyncWait,     ///< value: groups that may stay in flight (kAllGroups where everything must land)
  kAsyncArrive,   ///< arrives on mbarrier `barrier` when the warp's kAsyncCopy so far have landed; value:
                  ///< arrivals
  kBulkCopy,  ///< cp.async.bulk global to shared: runs read, shared_bytes; completes on mbarrier `barrier`
  kMbarrierInit,    ///< barrier, value: arrivals of a phase
  kMbarrierArrive,  ///< barrier, value: arrivals this warp makes here; tx_bytes: transaction bytes it
                    ///< announces
  kMbarrierWait,    ///< barrier, value: ordinal (from 0) of the phase whose completion it waits for
  kBarrierSync,     ///< bar.sync: barrier id (0: __syncthreads), value: threads that take part
  kBarrierArrive,   ///< bar.arrive: the same, without waiting
  kWarpSync,        ///< __syncwarp
  kMma,             ///< mma_m, mma_n, mma_k, mma_input
  kExit,            ///< last event of a warp: only `counts`
};
inline constexpr std::uint32_t kAllGroups = 0xFFFFFFFFu;

enum class MmaInput : std::uint8_t { kF16, kBf16, kF8, kS8, kOther };

/// Instructions that touch no memory, by pipe, issued by the warp since its previous event.
struct Counts {
  std::uint32_t integer = 0;  ///< lop3 prmt shf iadd ...
  std::uint32_t half2 = 0;    ///< packed 16-bit arithmetic
  std::uint32_t float32 = 0;
  std::uint32_t shuffle = 0;
  std::uint32_t convert = 0;
  std::uint32_t other = 0;  ///< imported traces: control flow, moves, uniform datapath
  std::uint64_t total() const { return std::uint64_t{integer} + half2 + float32 + shuffle + convert + other; }
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// Consecutive sectors of one buffer. The address of the first is
///   launch.buffers[buffer].base_address + cta.offsets[buffer] + 32 * first_sector.
struct SectorRun {
  std::int64_t first_sector = 0;
  std::uint32_t sectors = 0;
  std::uint16_t buffer = 0;
  friend bool operator==(const SectorRun&, const SectorRun&) = default;
};

struct Event {
  Op op = Op::kExit;
  std::uint8_t lane_bytes = 0;  ///< bytes an active lane accesses: 1, 2, 4, 8, 16; 0 where it has no meaning
  std::uint8_t lanes = 0;       ///< active lanes, 1..32
  MmaInput mma_input = MmaInput::kF16;
  std::uint16_t mma_m = 0, mma_n = 0, mma_k = 0;
  /// Cycles the 32 banks need (1 per 128 bytes without conflicts); conflicts = shared_passes -
  /// shared_passes_ideal.
  std::uint16_t shared_passes = 0, shared_passes_ideal = 0;
  std::uint32_t shared_bytes = 0;
  std::uint32_t barrier = 0;
  std::uint32_t value = 0;
  std::uint32_t tx_bytes = 0;
  std::uint32_t line = 0;                      ///< index into Program::lines
  Counts counts;                               ///< issued before this event, since the previous one
  std::uint32_t first_run = 0, run_count = 0;  ///< Warp::runs[first_run ..] in ascending address order
  friend bool operator==(const Event&, const Event&) = default;
};

/// The events of one warp in program order. Divergent lanes appear as separate events with fewer lanes.
struct Warp {
  std::vector<Event> events;
  std::vector<SectorRun> runs;
  friend bool operator==(const Warp&, const Warp&) = default;
};

/// One full CTA, addresses relative to the CTA's offset in each buffer.
struct Program {
  std::vector<Warp> warps;
  std::vector<std::string> lines;  ///< "file:line" of the kernel's source, in order of first appearance
  friend bool operator==(const Program&, const Program&) = default;
};

struct Dim {
  std::uint32_t x = 1, y = 1, z = 1;
  std::uint64_t count() const { return std::uint64_t{x} * y * z; }
  friend bool operator==(const Dim&, const Dim&) = default;
};

struct BufferInfo {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t base_address =
      0;  ///< 512-byte aligned in recorded traces (as cudaMalloc does), as traced in imports
  friend bool operator==(const BufferInfo&, const BufferInfo&) = default;
};

/// One kernel launch of a trace.
struct LaunchInfo {
  std::string kernel;
  std::string origin;        ///< "recorded" or the file it was imported from
  std::string architecture;  ///< whose tensor core computed it; empty where unknown
  Dim grid, block;
  std::uint32_t registers_per_thread = 0;  ///< 0: unknown
  std::uint64_t shared_bytes = 0;          ///< static and dynamic, per CTA
  std::vector<BufferInfo> buffers;
  std::uint32_t classes = 0;  ///< distinct programs; Reader::program(launch, 0..classes-1)
  friend bool operator==(const LaunchInfo&, const LaunchInfo&) = default;
};

/// CTA number i (x fastest) behaves as program `class_id`, shifted by offsets[b] bytes in buffer b.
struct Placement {
  std::uint32_t class_id = 0;
  std::vector<std::int64_t> offsets;  ///< one per buffer, multiples of kLineBytes
  friend bool operator==(const Placement&, const Placement&) = default;
};

}  // namespace fp6sim::trace
