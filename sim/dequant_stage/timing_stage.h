// The dequantisation unit as arithmetic: the cycles of rtl/dequant_unit and the values of emu.
#pragma once

#include <array>

#include "sim/dequant_stage/dequant_stage.h"

namespace fp6sim::sim {

/// The RTL's handshakes as recurrences over beats b and groups g, d registers behind the join of beat and
/// scale:
///
///   scale taken    s(g) = max(offered, s(g-1) + 1, u(g-1))            two slots: next, then current
///   scale current  u(g) = max(s(g) + 1, join of group g-1's last)
///   beat joins     j(b) = max(entered, u(g) + 1, j(b-1) + 1, o(b-d))
///   result taken   o(b) = max(j(b) + d, o(b-1) + out_every)
///
/// A beat enters as it joins; with four registers one lies before the join, and a beat waits there.
class TimingStage final : public DequantStage {
 public:
  /// Throws fp6sim::Error for parameters out of range.
  explicit TimingStage(const StageParameters& parameters);

  BurstCycles push(const Burst& burst, std::int64_t cycle) override;
  void dequantise(const WeightBits& weights, bool bfloat, std::span<std::uint16_t> out) override;

 private:
  static constexpr std::int64_t kNever = INT64_MIN / 2;

  bool waits_before_join_;  // a register in front of the join
  int behind_join_;         // registers behind it
  std::int64_t offered_ = 0;
  std::int64_t scale_taken_ = kNever, scale_current_ = kNever;  // of the last group
  std::int64_t join_ = kNever;                                  // of the last beat
  std::array<std::int64_t, 3> taken_{kNever, kNever, kNever};   // the last beats' results, the newest first
};

}  // namespace fp6sim::sim
