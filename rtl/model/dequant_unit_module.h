// The Verilated unit as a SystemC module: beats and scales in, results out, a cycle of the RTL for every
// clock edge.
#pragma once

#include <array>
#include <memory>
#include <ostream>
#include <systemc>

#include "rtl/model/dequant_unit.h"

namespace fp6sim::rtl {

struct BeatPacket {
  BeatMode mode;
  std::array<std::uint32_t, 16> bus{};  ///< the first parameters().bus_words() of them
};
struct ScalePacket {
  std::array<std::uint16_t, 64> scales{};
  std::array<std::uint8_t, 64> zeros{};
};
struct ResultPacket {
  std::array<std::uint16_t, 64> lanes{};
  std::uint8_t tag = 0;
};
inline std::ostream& operator<<(std::ostream& out, const BeatPacket& beat) {
  return out << "beat " << int{beat.mode.tag};
}
inline std::ostream& operator<<(std::ostream& out, const ScalePacket&) {
  return out << "scale";
}
inline std::ostream& operator<<(std::ostream& out, const ResultPacket& r) {
  return out << "result " << int{r.tag};
}

/// Beats wait in `beats` until the unit takes them, results go to `results` while it has room: its depth is
/// the back-pressure. One step for each rising edge of `clock`; a packet written in one cycle is offered in
/// the next.
class DequantUnitModule final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock;
  sc_core::sc_fifo_in<BeatPacket> beats;
  sc_core::sc_fifo_in<ScalePacket> scales;
  sc_core::sc_fifo_out<ResultPacket> results;

  /// `model`: one of unit_models(); an unknown name is a broken invariant.
  DequantUnitModule(sc_core::sc_module_name name, std::string_view model);
  ~DequantUnitModule() override;

  const DequantUnit& unit() const { return *unit_; }
  std::uint64_t cycles() const { return cycles_; }

 private:
  void step();

  std::unique_ptr<DequantUnit> unit_;
  BeatPacket beat_;
  ScalePacket scale_;
  bool has_beat_ = false, has_scale_ = false;
  std::uint64_t cycles_ = 0;
};

}  // namespace fp6sim::rtl
