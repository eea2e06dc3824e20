// When the dequantisation unit takes and gives beats, without what is in them: the RTL's cycles at a fraction
// of its cost.
#pragma once

#include <array>
#include <cstdint>

namespace fp6sim::rtl {

/// The cycle-exact timing of dequant_unit (tests/rtl compares the two cycle for cycle). Use: settle() with
/// what is offered in this cycle, look at what moves, then clock().
class UnitTiming {
 public:
  struct Offer {
    bool beat = false;  ///< a beat, legal unless `illegal`
    bool illegal = false;
    std::uint16_t group_beats = 1;  ///< the beat's
    bool scale = false;
    bool out_ready = false;
  };
  struct Answer {
    bool beat_ready = false;
    bool scale_ready = false;
    bool out_valid = false;
  };

  /// `depth`: the unit's parameter, 1..4.
  explicit UnitTiming(int depth) : has_{depth >= 4, depth >= 2, depth >= 3, true} {}

  /// Cycles from a beat's entry to its result on offer, nothing in its way.
  int latency_cycles() const { return has_[0] + has_[1] + has_[2] + has_[3]; }

  Answer settle(const Offer& offer) {
    offer_ = offer;
    // From the output back: a register takes what comes if it is empty or gives in this cycle.
    ready_[4] = offer.out_ready;
    for (int i = 3; i >= 1; --i) ready_[i] = has_[i] ? !full_[i] || ready_[i + 1] : ready_[i + 1];
    const bool join = current_scale_ && ready_[1];  // between registers 0 and 1 the beat meets its scale
    ready_[0] = has_[0] ? !full_[0] || join : join;
    const bool legal = offer.beat && !offer.illegal;
    joins_ = join && (has_[0] ? full_[0] : legal);
    beats_of_joining_ = has_[0] ? group_beats_ : offer.group_beats;
    const bool last = (remaining_ == 0 ? beats_of_joining_ : remaining_) == 1;
    takes_current_ = !current_scale_ || (joins_ && last);
    takes_next_ = !next_scale_ || takes_current_;
    return {ready_[0] || offer.illegal, takes_next_, full_[3]};
  }

  void clock() {
    // What each register is offered, from the output back so that old contents move on first.
    bool offered[4];
    offered[0] = offer_.beat && !offer_.illegal;
    offered[1] = joins_;
    for (int i = 2; i <= 3; ++i) offered[i] = has_[i - 1] ? full_[i - 1] : offered[i - 1];
    for (int i = 3; i >= 0; --i) {
      if (has_[i] && ready_[i]) {
        if (i == 0 && offered[0]) group_beats_ = offer_.group_beats;
        full_[i] = offered[i];
      }
    }
    if (joins_) {
      remaining_ = static_cast<std::uint16_t>((remaining_ == 0 ? beats_of_joining_ : remaining_) - 1);
    }
    if (takes_current_) current_scale_ = next_scale_;
    if (takes_next_) next_scale_ = offer_.scale;
  }

 private:
  std::array<bool, 4> has_;  // which registers exist: codes, selected, aligned, rounded
  std::array<bool, 4> full_{};
  std::array<bool, 5> ready_{};
  bool next_scale_ = false, current_scale_ = false;
  std::uint16_t remaining_ = 0, group_beats_ = 0, beats_of_joining_ = 0;
  bool joins_ = false, takes_current_ = false, takes_next_ = false;
  Offer offer_;
};

}  // namespace fp6sim::rtl
