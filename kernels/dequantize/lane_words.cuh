// The words a lane holds of one block of 16 x 64 weights and, of six-bit codes, the pairs read from them.
#pragma once

#include <bit>
#include <cstdint>

#include "emu/packing/lane_tables.h"
#include "kernels/dequantize/truth_tables.cuh"
#include "kernels/device/device.cuh"
#include "kernels/variant.h"

namespace fp6sim::kernels::inline FP6SIM_BUILD {

template <KernelSpec Spec>
struct LaneWords {
  static constexpr int kWide = emu::info(Spec.split).wide_bits;
  static constexpr int kNarrow = emu::info(Spec.split).narrow_bits;
  static constexpr int kMerges =
      kNarrow == 2 ? emu::lane_plan(Spec.split, landing(Spec)).merges : 0;  ///< six-bit codes
  std::uint32_t wide[kWide];
  std::uint32_t narrow[kNarrow == 0 ? 1 : kNarrow];
  std::uint32_t merged[kMerges == 0 ? 1 : kMerges] = {};  ///< filled in as steps need them
};

/// `word` rotated, in no instruction where bits is 0.
FP6SIM_DEVICE std::uint32_t rotated_right(std::uint32_t word, int bits) {
  return bits == 0 ? word : rotate_right(word, static_cast<unsigned>(bits));
}

/// Register `Index` of a lane plan.
template <int Index, KernelSpec Spec>
FP6SIM_DEVICE std::uint32_t plan_register(const LaneWords<Spec>& words) {
  if constexpr (Index < 4) {
    return words.wide[Index];
  } else if constexpr (Index < emu::kLaneWords) {
    return words.narrow[Index - 4];
  } else {
    return words.merged[Index - emu::kLaneWords];
  }
}

/// Makes the merges from `Index` on that Step is the first to need.
template <KernelSpec Spec, int Step, int Index>
FP6SIM_DEVICE void make_merges(LaneWords<Spec>& words) {
  constexpr emu::LanePlan kPlan = emu::lane_plan(Spec.split, landing(Spec));
  if constexpr (Index < kPlan.merges) {
    constexpr emu::LaneMerge kMerge = kPlan.merge[Index];
    if constexpr (kPlan.first_step(Index) == Step) {
      words.merged[Index] = lop3<kSelect>(plan_register<kMerge.first>(words),
                                          plan_register<kMerge.second>(words), kMerge.mask * 0x10001u);
    }
    make_merges<Spec, Step, Index + 1>(words);
  }
}

/// Pair `Index` (4 * step + register): two weights whose exponents are short of the bias difference.
template <KernelSpec Spec, int Index>
FP6SIM_DEVICE std::uint32_t landed_pair(const LaneWords<Spec>& words) {
  static_assert(emu::has_lane_plan(Spec.split, landing(Spec)));
  constexpr emu::LanePair kPair = emu::lane_plan(Spec.split, landing(Spec)).pair[Index];
  constexpr std::uint32_t kMask = std::rotl(emu::landing_mask(landing(Spec)), kPair.rotation);
  const std::uint32_t first = plan_register<kPair.first>(words);
  if constexpr (kPair.second == emu::kNoRegister) {
    return rotated_right(lop3<kAnd>(first, kMask, 0), kPair.rotation);
  } else {
    return rotated_right(lop3<kXorAnd>(first, plan_register<kPair.second>(words), kMask), kPair.rotation);
  }
}

}  // namespace fp6sim::kernels::inline FP6SIM_BUILD
