#include "app/rtl/verilated_stage.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <deque>
#include <string>
#include <vector>

#include "app/rtl/judge.h"
#include "emu/error.h"
#include "rtl/model/dequant_unit.h"

namespace fp6sim::rtl {
namespace {

using sim::Burst;
using sim::BurstCycles;

/// Copies `bits` bits from bit `from` of one array of words to bit `to` of another.
void copy_bits(std::span<const std::uint32_t> source, std::size_t from, std::span<std::uint32_t> target,
               std::size_t to, std::size_t bits) {
  while (bits > 0) {
    const std::size_t run = std::min({bits, 32 - from % 32, 32 - to % 32});
    const std::uint32_t mask = run == 32 ? ~0u : (1u << run) - 1;
    const std::uint32_t value = source[from / 32] >> (from % 32) & mask;
    target[to / 32] = (target[to / 32] & ~(mask << (to % 32))) | value << (to % 32);
    from += run, to += run, bits -= run;
  }
}

class VerilatedStage final : public sim::DequantStage {
 public:
  explicit VerilatedStage(std::string_view model) : unit_(make_unit(model)), bits_unit_(make_unit(model)) {
    const auto scales = static_cast<std::size_t>(unit_->parameters().scales_per_beat);
    bus_.resize(static_cast<std::size_t>(unit_->parameters().bus_words()));
    scale_.resize(scales, 0x3C00);
    zero_.resize(scales);
  }

  BurstCycles push(const Burst& burst, std::int64_t cycle) override {
    check_burst(burst);
    offered_ = std::max(offered_, cycle);
    // The RTL ran on until the last burst had left it. Where this one is offered earlier, take that time
    // back: to when all beats were in, or (its scale may have been fetched by then) to when all beats or all
    // scales were.
    if (offered_ < run_.now) go_back(offered_ >= beats_in_.run.now ? beats_in_ : some_in_);
    run_.bursts.push_back({burst, offered_});
    bool some_in = false, beats_in = false;
    while (run_.bursts.back().results < burst.beats) {
      cycle_once();
      const Waiting& last = run_.bursts.back();
      const bool all_beats = last.beats == burst.beats;
      if (!some_in && (all_beats || last.scaled == burst.beats)) keep(some_in_), some_in = true;
      if (!beats_in && all_beats) keep(beats_in_), beats_in = true;
    }
    return run_.bursts.back().cycles;
  }

  void dequantise(const sim::WeightBits& weights, bool bfloat, std::span<std::uint16_t> out) override {
    check_weight_bits(weights, out.size());
    const auto lanes = static_cast<std::int64_t>(bits_unit_->parameters().lanes);
    const std::uint8_t format = unit_format(*weights.format, weights.zero_point);
    const std::uint8_t split = split_code(weights.split, weights.format->bits);
    // A beat holds weights of one group; the last of a group, or of the weights, may be short.
    struct Beat {
      std::int64_t first, count;
    };
    std::deque<Beat> inside;
    std::int64_t next = 0, scaled = 0, done = 0;
    bits_unit_->drive_out_ready(true);
    while (done < weights.count) {
      const std::int64_t group_end = std::min((next / weights.group + 1) * weights.group, weights.count);
      const Beat beat{next, std::min(lanes, group_end - next)};
      if (next < weights.count) {
        load_bus(weights, beat.first, beat.count);
        bits_unit_->drive_beat(bus_, {.format = format,
                                      .split = split,
                                      .bfloat = bfloat,
                                      .group_beats = static_cast<std::uint16_t>(1),
                                      .tag = static_cast<std::uint8_t>(next / lanes)});
      } else {
        bits_unit_->drive_no_beat();
      }
      if (scaled < weights.count) {
        const auto group = static_cast<std::size_t>(scaled / weights.group);
        std::fill(scale_.begin(), scale_.end(), weights.scales[group]);
        std::fill(zero_.begin(), zero_.end(), weights.zero_point ? weights.zeros[group] : std::uint8_t{0});
        bits_unit_->drive_scale(scale_, zero_);
      } else {
        bits_unit_->drive_no_scale();
      }
      bits_unit_->settle();
      if (scaled < weights.count && bits_unit_->scale_ready()) {
        const std::int64_t end = std::min((scaled / weights.group + 1) * weights.group, weights.count);
        scaled += std::min(lanes, end - scaled);
      }
      if (bits_unit_->out_valid()) {
        for (std::int64_t lane = 0; lane < inside.front().count; ++lane)
          out[static_cast<std::size_t>(inside.front().first + lane)] =
              bits_unit_->out(static_cast<int>(lane));
        done += inside.front().count;
        inside.pop_front();
      }
      if (next < weights.count && bits_unit_->beat_ready()) {
        inside.push_back(beat);
        next += beat.count;
      }
      bits_unit_->clock();
    }
    assert(!bits_unit_->error() && "the unit refused a mode that was checked");
  }

 private:
  struct Waiting {
    Burst burst;
    std::int64_t offered;
    std::int64_t beats = 0, scaled = 0, results = 0;  // so far; `scaled`: beats whose scale is in
    BurstCycles cycles = {};
  };
  /// Everything that goes back with the RTL.
  struct Run {
    std::int64_t now = 0;
    std::int64_t last_taken = INT64_MIN / 2;
    std::deque<Waiting> bursts;  // some of whose results are still to come
  };
  struct Kept {
    Run run;
    std::vector<std::uint8_t> unit;
  };

  void keep(Kept& kept) {
    kept.run = run_;
    unit_->save(kept.unit);
  }
  void go_back(const Kept& kept) {
    run_ = kept.run;
    unit_->restore(kept.unit);
  }

  static Waiting* first(std::deque<Waiting>& bursts, std::int64_t Waiting::*progress) {
    for (Waiting& waiting : bursts) {
      if (waiting.*progress < waiting.burst.beats) return &waiting;
    }
    return nullptr;
  }

  void cycle_once() {
    while (run_.bursts.front().results == run_.bursts.front().burst.beats) run_.bursts.pop_front();
    Waiting* in = first(run_.bursts, &Waiting::beats);
    Waiting* scaled = first(run_.bursts, &Waiting::scaled);
    Waiting& out = run_.bursts.front();
    if (out.scaled == 0 && out.beats == 0) run_.now = std::max(run_.now, out.offered);  // the unit is empty
    if (in != nullptr && in->offered > run_.now) in = nullptr;
    if (scaled != nullptr && scaled->offered > run_.now) scaled = nullptr;

    // 1. Offers, and whether the taker takes.
    if (in != nullptr) {
      const std::int64_t group = in->beats / in->burst.group_beats * in->burst.group_beats;
      const std::int64_t beats = std::min(in->burst.group_beats, in->burst.beats - group);
      unit_->drive_beat(bus_, {.split = kSplitPacked, .group_beats = static_cast<std::uint16_t>(beats)});
    } else {
      unit_->drive_no_beat();
    }
    if (scaled != nullptr) {
      unit_->drive_scale(scale_, zero_);
    } else {
      unit_->drive_no_scale();
    }
    const bool takes = run_.now >= run_.last_taken + out.burst.out_every;
    unit_->drive_out_ready(takes);
    unit_->settle();

    // 2. What moves.
    if (takes && unit_->out_valid()) {
      if (out.results++ == 0) out.cycles.first_out = run_.now;
      out.cycles.last_out = run_.last_taken = run_.now;
    }
    if (in != nullptr && unit_->beat_ready()) {
      if (in->beats++ == 0) in->cycles.first_in = run_.now;
      in->cycles.last_in = run_.now;
    }
    if (scaled != nullptr && unit_->scale_ready()) {
      scaled->scaled = std::min(scaled->scaled + scaled->burst.group_beats, scaled->burst.beats);
    }
    unit_->clock();
    ++run_.now;
  }

  void load_bus(const sim::WeightBits& weights, std::int64_t first, std::int64_t count) {
    const emu::SplitInfo& split = emu::info(weights.split);
    const auto at = static_cast<std::size_t>(first), length = static_cast<std::size_t>(count);
    const auto wide = static_cast<std::size_t>(split.wide_bits);
    const auto narrow = static_cast<std::size_t>(split.narrow_bits);
    const auto lanes = static_cast<std::size_t>(bits_unit_->parameters().lanes);
    std::fill(bus_.begin(), bus_.end(), 0u);
    copy_bits(weights.wide, wide * at, bus_, 0, wide * length);
    copy_bits(weights.narrow, narrow * at, bus_, wide * lanes, narrow * length);
  }

  static std::uint8_t unit_format(const emu::Format& format, bool zero_point) {
    for (std::uint8_t code = 0; code < kNumFormats; ++code) {
      const bool has_zero = code == kFormatInt4Zero;
      if (has_zero == zero_point && (has_zero ? "int4" : unit_format_name(code)) == format.name) return code;
    }
    throw Error("the RTL unit has no format '" + std::string(format.name) + "'");
  }
  std::uint8_t split_code(emu::Split split, int code_bits) const {
    for (std::uint8_t code = 0; code < kNumSplits; ++code) {
      if (unit_split(code, code_bits) == split &&
          (split != emu::Split::k4Plus2Byte || bits_unit_->parameters().lanes % 16 == 0))
        return code;
    }
    throw Error("the RTL unit of " + std::to_string(bits_unit_->parameters().lanes) +
                " lanes does not take split " + std::string(emu::name(split)));
  }

  std::unique_ptr<DequantUnit> unit_;       // keeps time
  std::unique_ptr<DequantUnit> bits_unit_;  // computes
  std::vector<std::uint32_t> bus_;
  std::vector<std::uint16_t> scale_;
  std::vector<std::uint8_t> zero_;
  std::int64_t offered_ = 0;
  Run run_;
  Kept some_in_, beats_in_;  // when all of the last burst's beats or scales were in; when all its beats were
};

}  // namespace

std::unique_ptr<sim::DequantStage> make_verilated_stage(const sim::StageParameters& parameters) {
  const UnitParameters* best = nullptr;
  std::string built;
  for (const UnitParameters& model : unit_models()) {
    if (model.waves) continue;
    built.append(" ").append(model.name);
    if (model.depth == parameters.depth && parameters.lanes >= 1 && parameters.lanes % model.lanes == 0 &&
        (best == nullptr || model.lanes > best->lanes))
      best = &model;
  }
  if (best == nullptr) {
    throw Error("RTL unit of " + std::to_string(parameters.lanes) + " lanes and " +
                std::to_string(parameters.depth) +
                " registers: no Verilated model has that depth and lanes that divide these; built are" +
                built + " (l: lanes, d: depth)");
  }
  return std::make_unique<VerilatedStage>(best->name);
}

}  // namespace fp6sim::rtl
