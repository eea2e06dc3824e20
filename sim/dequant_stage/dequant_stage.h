// The unit a design places on the memory path: when it takes beats and gives results, and what it makes of
// their bits. Two implementations: TimingStage (plain C++, the default) and the Verilated unit
// (app/rtl/verilated_stage.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "emu/format.h"
#include "emu/packing/split.h"

namespace fp6sim::sim {

/// Units side by side that work as one: a beat is spread over all of them and passes them in the same cycles.
struct StageParameters {
  int lanes = 0;  ///< weights a cycle, all units together: at least 1
  int depth = 2;  ///< registers a beat passes, as rtl/dequant_unit's Depth: 1..4
};

/// Weights offered in one go: one tile, or one transaction.
struct Burst {
  std::int64_t beats = 0;        ///< at least 1
  std::int64_t group_beats = 1;  ///< beats that share their scales, 1..65535; the last group may be shorter
  int out_every = 1;             ///< back-pressure: a result is taken in every so manieth cycle at most
};

/// Cycles of the stage's clock in which beats enter and results are taken.
struct BurstCycles {
  std::int64_t first_in = 0, last_in = 0, first_out = 0, last_out = 0;

  friend bool operator==(const BurstCycles&, const BurstCycles&) = default;
};

/// Packed weights as they lie in memory, and their scales.
struct WeightBits {
  const emu::Format* format = nullptr;  ///< e3m2 e2m3 e2m2 e3m1 e2m1 int8 int4
  bool zero_point = false;              ///< int4 only: unsigned codes, `zeros` read
  emu::Split split = emu::Split::k4Plus2;
  /// emu/packing/linear.h's order, from a word's first slot. Two-array splits use both, others `wide`.
  std::span<const std::uint32_t> wide, narrow;
  std::int64_t count = 0;                 ///< weights; a multiple of 16 with 4+2-byte
  std::span<const std::uint16_t> scales;  ///< binary16, one for every `group` weights from the first on
  std::span<const std::uint8_t> zeros;    ///< zero points, the same
  std::int64_t group = 0;                 ///< weights that share a scale, at least 1; of 16 with 4+2-byte
};

/// One instance of a design's unit. Instances are independent; one is not for several threads.
class DequantStage {
 public:
  virtual ~DequantStage() = default;

  /// Time. Offers a burst's beats and scales from `cycle` on, behind those of earlier calls: the next burst's
  /// scale is fetched while this one's beats pass, and its first beat may follow this one's last in the next
  /// cycle. A `cycle` before an earlier call's counts as that call's. Deterministic; what was answered never
  /// changes.
  virtual BurstCycles push(const Burst& burst, std::int64_t cycle) = 0;

  /// Bits. out[i] = RN(value(code i) * scale(i / group)), one rounding, as `emu/dequantize.h` says: binary16,
  /// or bfloat16. NaN is 0x7FFF. Takes no simulated time: call it where the bits pass, push() where the time
  /// does. `out` has `count` elements. Throws fp6sim::Error for a format, split or size that the unit does
  /// not take.
  virtual void dequantise(const WeightBits& weights, bool bfloat, std::span<std::uint16_t> out) = 0;
};

/// Makes an instance. Throws fp6sim::Error where no unit of those parameters can be had.
using DequantStageFactory = std::function<std::unique_ptr<DequantStage>(const StageParameters&)>;

/// What every implementation asks of its arguments; throws fp6sim::Error naming what is wrong.
void check_burst(const Burst& burst);
void check_weight_bits(const WeightBits& weights, std::size_t outputs);

}  // namespace fp6sim::sim
