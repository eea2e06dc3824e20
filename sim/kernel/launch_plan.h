// What a kernel does with a shape on a GPU: the grid, what each CTA copies stage by stage and at which
// addresses, and what computing a stage asks of the SM. Plain C++: no time passes here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/dequant_stage/unit_use.h"
#include "sim/kernel/arithmetic.h"
#include "sim/memory_path/transaction.h"
#include "sim/simulate.h"

namespace fp6sim::sim {

/// The SM resources a tile's computation occupies, in SM cycles (all four sub-cores together).
struct StageWork {
  double issue = 0;
  double expand = 0;  ///< the busier of the integer and half2 pipes, all of their instructions
  double shared = 0;  ///< bank cycles: fragment reads and landing copies
  double memory = 0;  ///< the shared load/store unit
  double tensor = 0;
  double alone = 0;  ///< one CTA by itself: the chain of its instructions, in order
  double alone_expand = 0, alone_tensor = 0,
         alone_issue = 0;  ///< parts of `alone`; the rest is exposed latency
};

/// What a warp issues in a stage, in cycles of its sub-core if it ran alone.
struct WarpWork {
  double issue = 0;   ///< instructions, without those that expand
  double expand = 0;  ///< integer and half2 instructions
  double tensor = 0;  ///< mma's that hide under neither
};

/// Which part of the GEMM a CTA owns.
struct CtaRange {
  std::int64_t m0 = 0, n0 = 0;
  std::int64_t first_tile = 0, tiles = 0;  ///< k-tiles
  int split = 0;
};

/// CTAs that share the partial sums of one tile: each writes its own, and the one whose are in memory last
/// goes on, reads all of them and writes the result.
struct Join {
  std::int64_t group = -1;  ///< -1: none
  int ctas = 1;             ///< of the group
};

/// One kernel launch: a grid of CTAs that each stream `tiles` stages and write a result.
class Launch {
 public:
  virtual ~Launch() = default;
  virtual std::string name() const = 0;
  virtual std::int64_t ctas() const = 0;
  virtual int ctas_per_sm() const = 0;
  virtual int stages_in_flight() const = 0;
  virtual std::int64_t stages(std::int64_t cta) const = 0;
  virtual StageRequest copy(std::int64_t cta, std::int64_t stage) const = 0;
  virtual StageRequest result(std::int64_t cta) const = 0;
  virtual Join join(std::int64_t /*cta*/) const { return {}; }
  /// Of a CTA that joins others: its stages before it writes what partial() says; whoever is last then does
  /// the other stages of joiner(), and its result.
  virtual std::int64_t own_stages(std::int64_t cta) const { return stages(cta); }
  virtual StageRequest partial(std::int64_t /*cta*/) const { return {}; }
  virtual std::int64_t joiner(std::int64_t cta) const { return cta; }
  /// As epilogue_cycles() and epilogue_memory_cycles(), before partial().
  virtual double partial_cycles() const { return 0; }
  virtual double partial_memory_cycles() const { return 0; }
  virtual const StageWork& work() const = 0;
  /// Of one stage, where stages differ.
  virtual const StageWork& work_of(std::int64_t /*cta*/, std::int64_t /*stage*/) const { return work(); }
  /// The warps of a stage: of equal share unless a launch knows better. For the timeline alone.
  virtual std::vector<WarpWork> warp_work(std::int64_t cta, std::int64_t stage) const {
    const StageWork& all = work_of(cta, stage);
    return std::vector<WarpWork>(static_cast<std::size_t>(warps()),
                                 {all.alone_issue, all.alone_expand, all.alone_tensor});
  }
  virtual int warps() const { return 1; }  ///< of a CTA
  virtual double epilogue_cycles() const = 0;
  /// Of the SM's load/store unit, which its CTAs share: what a CTA's results take on their way out.
  virtual double epilogue_memory_cycles() const { return 0; }
  /// The design's dequantisation unit; null where the launch uses none.
  virtual double start_us() const { return 0; }  ///< beyond what every launch takes
  virtual const UnitUse* unit() const { return nullptr; }

  /// Functional mode: what CTAs compute; null: nothing, only time passes.
  LaunchArithmetic* arithmetic() const { return arithmetic_; }
  void compute_with(LaunchArithmetic* arithmetic) { arithmetic_ = arithmetic; }

 private:
  LaunchArithmetic* arithmetic_ = nullptr;
};

/// The buffers of one GEMM in the simulated address space.
struct Buffers {
  std::vector<std::uint64_t> weights;  ///< one for each segment array
  std::uint64_t scales = 0, activations = 0, output = 0, workspace = 0;
  std::uint64_t span = 0;  ///< bytes of address space in use
};

/// How finely memory traffic is simulated (transaction_size.h).
struct TransactionSizes {
  int largest = kMinTransactionBytes;  ///< 128: as exact mode; or 512
  std::uint32_t together = 0;          ///< Segment::together of weights
};

/// Everything derived from (GPU, kernel, design, shape).
struct GemmPlan {
  GemmShape shape;            ///< as asked
  GemmShape padded;           ///< as computed
  std::vector<int> segments;  ///< bits of each separately stored array
  TileOption tile;
  int split_k = 1;
  std::int64_t k_tiles = 0;
  std::int64_t m_tiles = 0, n_tiles = 0;
  int ctas_per_sm = 0;
  Buffers buffers;
  std::string padding;
  std::uint64_t floor_bytes = 0;   ///< weights, scales, zero points, activations: read at least once
  std::uint64_t weight_bytes = 0;  ///< weights, scales and zero points
  TransactionSizes transactions;
  double crossbar_factor = 1;
  double l2_factor = 1;     ///< how much larger the weights are inside the L2
  double instructions = 0;  ///< warp instructions of the whole launch
  StageWork work;
  UnitUse unit;
};

/// Chooses tile and split, lays out memory, counts work. Throws Error where the GPU cannot hold the tile
/// (naming the limit) or the shape is out of range.
GemmPlan plan_gemm(const GpuDescription& gpu, const KernelDescription& kernel,
                   const DesignDescription& design, const GemmShape& shape, const RunOptions& options);

/// CTAs of `tile` an SM holds at once; 0 where it cannot hold one. `limit` (optional) names what bounds it.
int occupancy(const GpuDescription& gpu, const TileOption& tile, std::string* limit = nullptr);

}  // namespace fp6sim::sim
