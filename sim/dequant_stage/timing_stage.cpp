#include "sim/dequant_stage/timing_stage.h"

#include <algorithm>
#include <string>
#include <vector>

#include "emu/decode.h"
#include "emu/dequantize.h"
#include "emu/error.h"
#include "emu/packing/linear.h"

namespace fp6sim::sim {

TimingStage::TimingStage(const StageParameters& parameters)
    : waits_before_join_(parameters.depth >= 4), behind_join_(std::min(parameters.depth, 3)) {
  if (parameters.depth < 1 || parameters.depth > 4) {
    throw Error("dequantisation unit of depth " + std::to_string(parameters.depth) + ": 1 to 4 registers");
  }
  if (parameters.lanes < 1) {
    throw Error("dequantisation unit of " + std::to_string(parameters.lanes) + " lanes: at least 1");
  }
}

BurstCycles TimingStage::push(const Burst& burst, std::int64_t cycle) {
  check_burst(burst);
  offered_ = std::max(offered_, cycle);
  BurstCycles cycles;
  std::int64_t of_group = 0;
  for (std::int64_t beat = 0; beat < burst.beats; ++beat) {
    if (of_group == 0) {
      scale_taken_ = std::max({offered_, scale_taken_ + 1, scale_current_});
      scale_current_ = std::max(scale_taken_ + 1, join_);
      of_group = burst.group_beats;
    }
    --of_group;
    std::int64_t entered = std::max(offered_, join_);
    join_ = std::max({waits_before_join_ ? entered + 1 : offered_, scale_current_ + 1, join_ + 1,
                      taken_[static_cast<std::size_t>(behind_join_ - 1)]});
    if (!waits_before_join_) entered = join_;
    const std::int64_t taken = std::max(join_ + behind_join_, taken_[0] + burst.out_every);
    taken_ = {taken, taken_[0], taken_[1]};
    if (beat == 0) cycles.first_in = entered, cycles.first_out = taken;
    cycles.last_in = entered, cycles.last_out = taken;
  }
  return cycles;
}

void TimingStage::dequantise(const WeightBits& weights, bool bfloat, std::span<std::uint16_t> out) {
  check_weight_bits(weights, out.size());
  std::vector<std::uint8_t> codes(out.size());
  emu::unpack_linear(weights.split, weights.wide, weights.narrow, codes);
  const emu::Format& format = *weights.format;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::size_t group = i / static_cast<std::size_t>(weights.group);
    float value;
    if (format.is_float()) {
      value = emu::decode(format.floating, codes[i]);
    } else if (weights.zero_point) {
      value = static_cast<float>(int{codes[i]} - int{weights.zeros[group]});
    } else {
      value = static_cast<float>(emu::decode_integer(format.bits, codes[i]));
    }
    const float scale = emu::from_binary16(weights.scales[group]);
    const std::uint16_t bits =
        bfloat ? emu::dequantize_bfloat16(value, scale) : emu::dequantize_binary16(value, scale);
    out[i] = (bits & 0x7FFF) > (bfloat ? 0x7F80 : 0x7C00) ? 0x7FFF : bits;
  }
}

}  // namespace fp6sim::sim
