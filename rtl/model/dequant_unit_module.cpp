#include "rtl/model/dequant_unit_module.h"

#include <cassert>

namespace fp6sim::rtl {

DequantUnitModule::DequantUnitModule(sc_core::sc_module_name name, std::string_view model)
    : sc_core::sc_module(name),
      clock("clock"),
      beats("beats"),
      scales("scales"),
      results("results"),
      unit_(make_unit(model)) {
  assert(unit_ != nullptr && "no such RTL model");
  SC_HAS_PROCESS(DequantUnitModule);
  SC_METHOD(step);
  dont_initialize();
  sensitive << clock.pos();
}

DequantUnitModule::~DequantUnitModule() = default;

void DequantUnitModule::step() {
  // 1. Offer what has arrived.
  if (!has_beat_) has_beat_ = beats.nb_read(beat_);
  if (!has_scale_) has_scale_ = scales.nb_read(scale_);
  const auto words = static_cast<std::size_t>(unit_->parameters().bus_words());
  const auto per_beat = static_cast<std::size_t>(unit_->parameters().scales_per_beat);
  if (has_beat_) {
    unit_->drive_beat(std::span(beat_.bus).first(words), beat_.mode);
  } else {
    unit_->drive_no_beat();
  }
  if (has_scale_) {
    unit_->drive_scale(std::span(scale_.scales).first(per_beat), std::span(scale_.zeros).first(per_beat));
  } else {
    unit_->drive_no_scale();
  }
  const bool room = results.num_free() > 0;
  unit_->drive_out_ready(room);
  unit_->settle();

  // 2. Take what leaves, note what entered.
  if (room && unit_->out_valid()) {
    ResultPacket result;
    for (int lane = 0; lane < unit_->parameters().lanes; ++lane) {
      result.lanes[static_cast<std::size_t>(lane)] = unit_->out(lane);
    }
    result.tag = unit_->out_tag();
    results.nb_write(result);
  }
  if (has_beat_ && unit_->beat_ready()) has_beat_ = false;
  if (has_scale_ && unit_->scale_ready()) has_scale_ = false;

  // 3. The edge.
  unit_->clock();
  ++cycles_;
}

}  // namespace fp6sim::rtl
