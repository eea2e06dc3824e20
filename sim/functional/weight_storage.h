// Where each weight, scale and zero point of a planned GEMM lies: what a kernel description leaves open is
// settled here, once, for the image in DRAM and for the CTAs that read it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "emu/format.h"
#include "emu/packing/split.h"
#include "sim/description/kernel_description.h"
#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

// A block of R = block_rows rows is one run of codes, for each 16 in features row after row:
//
//   run of a block    | k 0..15 of row 0 | .. of row 1 | ... | of row R-1 | k 16..31 of row 0 | ...
//
// packed by emu/packing/linear.h into one array, or two where a split has them; the blocks follow each other
// in every array. A stage's part of a block (R rows, whole 16-deep steps) is thus one piece of each array
// whatever the tile, and R = 1 is a row-major matrix. Binary16 weights are the same run without packing.
//
// Scales lie [group][row], binary16. With zero points two rows share five bytes: scale, scale, and a byte
// with the even row's zero point in its low half.

/// Weights whose scale changes together, and the padding of K: one mma step.
inline constexpr int kStepK = 16;

struct WeightStorage {
  const emu::Format* format = nullptr;
  bool packed = true;  ///< false: 16-bit formats as they are
  emu::Split split = emu::Split::kPadded8;
  std::size_t wide = 0, narrow = 0;  ///< which of the plan's arrays holds which segment
  int block_rows = 1;
  int group = 0;  ///< in features that share a scale: K where a row has one, 0 where there is none
  bool zero_points = false;

  int groups(std::int64_t k) const { return group == 0 ? 0 : static_cast<int>((k + group - 1) / group); }
  bool has_two_arrays() const { return packed && emu::info(split).has_two_arrays(); }
};

/// `split`: RunOptions::split. Throws fp6sim::Error for a description that functional mode cannot lay out:
/// segments that are no split of emu's, groups that are no multiple of 16, pieces that end within a 32-bit
/// word, tiles that cut a block of rows.
WeightStorage weight_storage(const KernelDescription& kernel, const GemmPlan& plan, const std::string& split);

/// A block's run, codes in run order, as the bytes of each of the plan's arrays.
std::vector<std::vector<std::uint8_t>> pack_run(const WeightStorage& storage,
                                                std::span<const std::uint16_t> codes);

/// Scales and zero points of `scales.size()` rows of one group as bytes, and back. An even number of rows
/// where there are zero points.
std::vector<std::uint8_t> pack_scales(const WeightStorage& storage, std::span<const std::uint16_t> scales,
                                      std::span<const std::uint8_t> zeros);
void unpack_scales(const WeightStorage& storage, std::span<const std::uint8_t> bytes,
                   std::span<std::uint16_t> scales, std::span<std::uint8_t> zeros);

}  // namespace fp6sim::sim
