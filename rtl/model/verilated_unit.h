// Adapts one Verilated class to DequantUnit. Port types differ with their width; the helpers below hide that.
#pragma once

#include <verilated.h>

#include <cassert>
#include <cstring>
#include <string>
#include <type_traits>

#include "rtl/model/dequant_unit.h"
#include "rtl/model/unit_state.h"

namespace fp6sim::rtl {

// Ports of up to 64 bits are integers, wider ones arrays of 32-bit words: either way little-endian memory.
template <class Port>
void set_bits(Port& port, const void* from, std::size_t bytes) {
  static_assert(std::is_trivially_copyable_v<Port>);
  std::memcpy(&port, from, bytes < sizeof(Port) ? bytes : sizeof(Port));
}

template <class Port>
std::uint16_t half_word(const Port& port, int index) {
  std::uint16_t half;
  std::memcpy(&half, reinterpret_cast<const char*>(&port) + 2 * index, sizeof(half));
  return half;
}

/// Opens waves for models built with tracing; the others have no trace().
template <class Top>
struct NoWave {
  bool open(Top&, const std::string&) { return false; }
  void dump(std::uint64_t) {}
};

/// Which module Top is: dequant_unit itself, or sampled_unit, which samples its inputs at the edge that
/// begins a cycle.
enum class Inputs { kDirect, kSampled };

template <class Top, Inputs kInputs, template <class> class Wave = NoWave>
class VerilatedUnit final : public DequantUnit {
 public:
  explicit VerilatedUnit(const UnitParameters& parameters) : parameters_(parameters), top_(&context_) {
    reset();
  }
  ~VerilatedUnit() override { top_.final(); }

  const UnitParameters& parameters() const override { return parameters_; }

  void reset() override {
    drive_no_beat();
    drive_no_scale();
    drive_out_ready(false);
    drive_error_clear(false);
    drive_reset(true);
    settle();
    clock();
    drive_reset(false);
  }
  void drive_reset(bool active) override { top_.rst_ni = !active; }

  void drive_beat(std::span<const std::uint32_t> bus, const BeatMode& mode) override {
    set_bits(top_.in_bus_i, bus.data(), bus.size_bytes());
    top_.in_format_i = mode.format;
    top_.in_split_i = mode.split;
    top_.in_bfloat_i = mode.bfloat;
    top_.in_group_beats_i = mode.group_beats;
    top_.in_tag_i = mode.tag;
    top_.in_valid_i = 1;
  }
  void drive_no_beat() override { top_.in_valid_i = 0; }

  void drive_scale(std::span<const std::uint16_t> scales, std::span<const std::uint8_t> zeros) override {
    set_bits(top_.scale_i, scales.data(), scales.size_bytes());
    std::uint64_t nibbles = 0;
    for (std::size_t i = 0; i < zeros.size(); ++i)
      nibbles |= static_cast<std::uint64_t>(zeros[i] & 15) << (4 * i);
    set_bits(top_.scale_zero_i, &nibbles, sizeof(nibbles));
    top_.scale_valid_i = 1;
  }
  void drive_no_scale() override { top_.scale_valid_i = 0; }
  void drive_out_ready(bool ready) override { top_.out_ready_i = ready; }
  void drive_error_clear(bool clear) override { top_.error_clear_i = clear; }

  // Two evaluations a cycle. Direct: the falling edge does nothing, so it shares one with the new inputs, and
  // the rising edge ends the cycle. Sampled: the rising edge that ends the cycle before is this one's start,
  // and the falling edge is nothing at all.
  void settle() override { evaluate(kInputs == Inputs::kSampled); }
  void clock() override { evaluate(kInputs == Inputs::kDirect); }

  bool beat_ready() const override { return top_.in_ready_o; }
  bool scale_ready() const override { return top_.scale_ready_o; }
  bool out_valid() const override { return top_.out_valid_o; }
  std::uint16_t out(int lane) const override { return half_word(top_.out_data_o, lane); }
  std::uint8_t out_tag() const override { return top_.out_tag_o; }
  bool error() const override { return top_.error_o; }
  std::uint8_t error_cause() const override { return top_.error_cause_o; }

  void save(std::vector<std::uint8_t>& state) const override {
    if constexpr (kSavable<Top>) {
      static thread_local StateWriter writer;
      writer.write_to(state, const_cast<Top&>(top_));  // Verilator reads it only, but does not say so
    } else {
      assert(false && "this model was verilated without --savable");
    }
  }
  void restore(const std::vector<std::uint8_t>& state) override {
    if constexpr (kSavable<Top>) {
      static thread_local StateReader reader;
      reader.read_from(state, top_);
    } else {
      assert(false && "this model was verilated without --savable");
    }
  }

  bool open_wave(const std::string& path) override { return wave_.open(top_, path); }

 private:
  void evaluate(int level) {
    top_.clk_i = level;
    top_.eval();
    wave_.dump(time_++);
  }

  UnitParameters parameters_;
  VerilatedContext context_;
  Top top_;
  Wave<Top> wave_;
  std::uint64_t time_ = 0;
};

}  // namespace fp6sim::rtl
