#include "app/rtl/stream_run.h"

#include <cstdio>
#include <deque>

#include "app/rtl/judge.h"
#include "emu/binary16.h"
#include "emu/packing/split.h"
#include "emu/rounding.h"

namespace fp6sim::rtl {
namespace {

/// A stream's willingness, cycle by cycle: an open stream is held with the given chance, a held one opens
/// again with one in four, so that stalls of several cycles happen.
class Gate {
 public:
  Gate(int chance, std::uint64_t seed) : chance_(chance), seed_(seed) {}
  bool open() {
    const std::uint32_t random = emu::stochastic_bits(seed_, count_++);
    held_ = chance_ != 0 && (held_ ? (random & 3) != 0 : static_cast<int>(random & 255) < chance_);
    return !held_;
  }

 private:
  int chance_;
  std::uint64_t seed_, count_ = 0;
  bool held_ = false;
};

struct Expected {
  BeatMode mode;
  std::uint64_t index;
  std::array<std::uint8_t, 64> codes;
  std::array<std::uint8_t, 64> zeros;  // per scale of the beat
  std::array<std::uint16_t, 64> scales;
};

class StreamRun {
 public:
  StreamRun(DequantUnit& unit, Stimulus& stimulus, const Stalls& stalls, std::uint64_t seed,
            Coverage& coverage)
      : unit_(unit),
        stimulus_(stimulus),
        coverage_(coverage),
        lanes_(unit.parameters().lanes),
        per_beat_(unit.parameters().scales_per_beat),
        bus_(static_cast<std::size_t>(unit.parameters().bus_words())),
        beat_gate_(stalls.beat, seed * 3 + 1),
        scale_gate_(stalls.scale, seed * 3 + 2),
        out_gate_(stalls.out, seed * 3 + 3) {}

  StreamResult run() {
    // A unit that swallows beats for good must not hang the test: so many cycles without any movement are an
    // error.
    constexpr int kPatience = 2000;
    while (idle_cycles_ < kPatience && (refill() || !expected_.empty() || linger_cycles_++ < kLinger))
      cycle();
    if (!expected_.empty() || !beats_.empty()) {
      protocol_error("stuck with " + std::to_string(expected_.size()) + " results missing and " +
                     std::to_string(beats_.size()) + " beats waiting");
    }
    return result_;
  }

 private:
  static constexpr int kLinger = 8;  // cycles to look for surplus results after the last

  // Whether a beat or scale is left to offer; fetches the next group while only few beats are pending.
  bool refill() {
    while (!exhausted_ && beats_.size() < 16) {
      if (!stimulus_.next(group_)) {
        exhausted_ = true;
        break;
      }
      scales_.push_back(group_);
      for (const PlannedBeat& beat : group_.beats) {
        beats_.push_back({beat.mode, 0, beat.codes, group_.zeros, group_.scales});
      }
    }
    return !beats_.empty() || !scales_.empty();
  }

  void cycle() {
    // 1. Offers. Once offered, a beat or scale stays on offer until taken, as the protocol demands.
    offer_beat_ = !beats_.empty() && (offer_beat_ || beat_gate_.open());
    offer_scale_ = !scales_.empty() && (offer_scale_ || scale_gate_.open());
    const bool out_ready = out_gate_.open();
    if (offer_beat_ && !driven_beat_) drive_beat();
    if (!offer_beat_) unit_.drive_no_beat();
    if (offer_scale_ && !driven_scale_) {
      const PlannedGroup& group = scales_.front();
      unit_.drive_scale(std::span(group.scales).first(static_cast<std::size_t>(per_beat_)),
                        std::span(group.zeros).first(static_cast<std::size_t>(per_beat_)));
      driven_scale_ = true;
    }
    if (!offer_scale_) unit_.drive_no_scale();
    unit_.drive_out_ready(out_ready);
    const bool clear = unit_.error() && (result_.cycles & 3) == 0;
    unit_.drive_error_clear(clear);
    unit_.settle();

    // 2. What moves at the coming edge.
    const bool beat_moves = offer_beat_ && unit_.beat_ready();
    const bool scale_moves = offer_scale_ && unit_.scale_ready();
    const bool out_moves = out_ready && unit_.out_valid();
    note_events(beat_moves, out_ready, out_moves, clear);
    if (unit_.out_valid()) check_held();
    if (out_moves) check_result();
    check_error();
    const std::uint8_t cause = beat_moves ? expected_error(beats_.front().mode, lanes_) : std::uint8_t{0};
    due_error_ = unit_.error() && !clear ? unit_.error_cause() : cause;

    // 3. The edge.
    unit_.clock();
    ++result_.cycles;
    idle_cycles_ = beat_moves || scale_moves || out_moves ? 0 : idle_cycles_ + 1;
    if (scale_moves) {
      scales_.pop_front();
      offer_scale_ = driven_scale_ = false;
    }
    if (beat_moves) take_beat(cause);
    previous_moved_ = beat_moves && cause == 0;
  }

  void drive_beat() {
    const Expected& beat = beats_.front();
    const auto codes = std::span(beat.codes).first(static_cast<std::size_t>(lanes_));
    if (expected_error(beat.mode, lanes_) == 0) {
      pack_beat(*unit_split(beat.mode.split, unit_code_bits(beat.mode.format)), codes, bus_);
    } else {
      std::fill(bus_.begin(), bus_.end(), 0xA5A5A5A5u);
    }
    unit_.drive_beat(bus_, beat.mode);
    driven_beat_ = true;
  }

  void take_beat(std::uint8_t cause) {
    if (cause == 0) {
      const Expected& beat = beats_.front();
      coverage_.see_beat(beat.mode, result_.beats > 0 ? &previous_mode_ : nullptr,
                         std::span(beat.codes).first(static_cast<std::size_t>(lanes_)));
      if (previous_moved_ && group_left_ == 0) {
        coverage_.see(StreamEvent::kBackToBackGroups);
        if (previous_group_ == 1 && beat.mode.group_beats == 1) coverage_.see(StreamEvent::kOneBeatGroups);
      }
      if (group_left_ == 0) previous_group_ = group_left_ = beat.mode.group_beats;
      --group_left_;
      if (!expected_.empty() && expected_.back().mode.format != beat.mode.format) {
        coverage_.see(StreamEvent::kFormatChangesInside);
      }
      previous_mode_ = beat.mode;
      expected_.push_back(beat);
      expected_.back().index = result_.beats++;
    } else {
      coverage_.see_error(cause);
      if (!expected_.empty()) coverage_.see(StreamEvent::kIllegalWhileBusy);
    }
    beats_.pop_front();
    offer_beat_ = driven_beat_ = false;
  }

  // A result on offer must not change until it is taken.
  void check_held() {
    if (held_ && (unit_.out_tag() != held_tag_ || unit_.out(lanes_ - 1) != held_last_)) {
      protocol_error("a result changed while it was held");
    }
    held_ = true;
    held_tag_ = unit_.out_tag();
    held_last_ = unit_.out(lanes_ - 1);
  }

  void check_result() {
    held_ = false;
    if (expected_.empty()) {
      protocol_error("a result nobody asked for");
      return;
    }
    const Expected& beat = expected_.front();
    if (unit_.out_tag() != beat.mode.tag) {
      protocol_error("tag " + std::to_string(unit_.out_tag()) + " where " + std::to_string(beat.mode.tag) +
                     " was due: a beat lost, doubled or out of order");
    }
    for (int lane = 0; lane < lanes_; ++lane) {
      const auto at = static_cast<std::size_t>(lane);
      const auto s = static_cast<std::size_t>(lane / (lanes_ / per_beat_));
      const std::uint16_t due =
          expected_result(beat.mode.format, beat.mode.bfloat, beat.codes[at], beat.zeros[s], beat.scales[s]);
      const std::uint16_t actual = unit_.out(lane);
      coverage_.see_result(due, beat.mode.bfloat);
      ++result_.compared;
      if (actual == due) continue;
      if (result_.mismatches++ == 0) {
        result_.first_mismatch =
            Mismatch{beat.index, lane, beat.mode, beat.codes[at], beat.zeros[s], beat.scales[s], due, actual};
      }
    }
    expected_.pop_front();
  }

  // The flag rises for an illegal beat and stays until cleared; the cause is the first one's.
  void check_error() {
    if (!due_error_) return;  // the first cycle: the unit comes as others left it
    if (unit_.error() != (*due_error_ != 0) || unit_.error_cause() != *due_error_) {
      protocol_error("error flag " + std::to_string(unit_.error_cause()) + " where " +
                     std::to_string(*due_error_) + " was due");
    }
  }

  void note_events(bool beat_moves, bool out_ready, bool out_moves, bool clear) {
    if (beat_moves) coverage_.see(StreamEvent::kBeatMoves);
    if (offer_beat_ && !beat_moves) {
      coverage_.see(StreamEvent::kBeatWaitsForUnit);
      if (out_ready) coverage_.see(StreamEvent::kBeatWaitsForScale);
    }
    if (offer_scale_ && !unit_.scale_ready()) coverage_.see(StreamEvent::kScaleWaits);
    if (out_moves) coverage_.see(StreamEvent::kOutMoves);
    if (!out_ready && unit_.out_valid()) coverage_.see(StreamEvent::kOutHeld);
    if (clear) coverage_.see(StreamEvent::kErrorCleared);
  }

  void protocol_error(const std::string& what) {
    if (result_.protocol_errors++ == 0) {
      result_.first_protocol_error = "cycle " + std::to_string(result_.cycles) + ": " + what;
    }
  }

  DequantUnit& unit_;
  Stimulus& stimulus_;
  Coverage& coverage_;
  int lanes_, per_beat_;
  std::vector<std::uint32_t> bus_;
  Gate beat_gate_, scale_gate_, out_gate_;
  StreamResult result_;

  PlannedGroup group_;
  std::deque<Expected> beats_;       // still to be offered
  std::deque<PlannedGroup> scales_;  // the same
  std::deque<Expected> expected_;    // inside the unit
  bool exhausted_ = false, offer_beat_ = false, offer_scale_ = false, driven_beat_ = false,
       driven_scale_ = false;
  int idle_cycles_ = 0, linger_cycles_ = 0;

  BeatMode previous_mode_;
  bool previous_moved_ = false;
  int group_left_ = 0, previous_group_ = 0;
  bool held_ = false;
  std::uint8_t held_tag_ = 0;
  std::uint16_t held_last_ = 0;
  std::optional<std::uint8_t> due_error_;  // what the last cycle's end must have left in the flag
};

}  // namespace

std::string Mismatch::describe() const {
  const auto value = [&](std::uint16_t bits) {
    return mode.bfloat ? emu::from_bfloat16(bits) : emu::from_binary16(bits);
  };
  char line[256];
  std::snprintf(
      line, sizeof(line),
      "beat %llu lane %d: %s split %d code 0x%02x zero %d scale 0x%04x -> 0x%04x (%g), expected 0x%04x (%g)",
      static_cast<unsigned long long>(beat), lane, std::string(unit_format_name(mode.format)).c_str(),
      mode.split, code, zero, scale, actual, static_cast<double>(value(actual)), expected,
      static_cast<double>(value(expected)));
  return line;
}

StreamResult run_stream(DequantUnit& unit, Stimulus& stimulus, const Stalls& stalls, std::uint64_t seed,
                        Coverage& coverage) {
  return StreamRun(unit, stimulus, stalls, seed, coverage).run();
}

}  // namespace fp6sim::rtl
