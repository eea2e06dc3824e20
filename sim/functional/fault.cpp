#include "sim/functional/fault.h"

#include <algorithm>
#include <charconv>

#include "emu/error.h"

namespace fp6sim::sim {
namespace {

Victim victim_of(const InFlight& payload) {
  return {payload.number, payload.address, payload.sm, payload.bytes.size()};
}

/// Reads a whole decimal number; false where `text` is anything else.
template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

PayloadTap FaultInjector::tap() {
  return [this](InFlight& payload) { fault_.kind == Fault::Kind::kFlip ? flip(payload) : swap(payload); };
}

void FaultInjector::flip(InFlight& payload) {
  if (payload.leg != fault_.leg || payload.number != fault_.number) return;
  if (fault_.bit / 8 >= payload.bytes.size()) return;
  payload.bytes[fault_.bit / 8] ^= static_cast<std::uint8_t>(1u << (fault_.bit % 8));
  victims_.push_back(victim_of(payload));
}

void FaultInjector::swap(InFlight& payload) {
  if (!victims_.empty()) return;
  if (payload.leg == Leg::kArrived) {
    if (waiting_ && waiting_->bytes.data() == payload.bytes.data()) waiting_.reset();
    return;
  }
  if (payload.leg != Leg::kResponse || payload.number < fault_.number) return;
  if (!waiting_) {
    waiting_ = payload;
  } else if (waiting_->bytes.size() == payload.bytes.size() && waiting_->address != payload.address) {
    std::swap_ranges(payload.bytes.begin(), payload.bytes.end(), waiting_->bytes.begin());
    victims_ = {victim_of(*waiting_), victim_of(payload)};
  }
}

Fault parse_fault(const std::string& text) {
  Fault fault;
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string_view rest =
      colon == std::string::npos ? std::string_view{} : std::string_view(text).substr(colon + 1);
  const std::size_t second = rest.find(':');
  bool good = false;
  if (kind == "flip" && second != std::string_view::npos) {
    good =
        read_number(rest.substr(0, second), fault.number) && read_number(rest.substr(second + 1), fault.bit);
  } else if (kind == "swap") {
    fault.kind = Fault::Kind::kSwap;
    good = read_number(rest, fault.number);
  }
  if (!good) throw Error("fault '" + text + "': expected flip:NUMBER:BIT or swap:NUMBER");
  return fault;
}

}  // namespace fp6sim::sim
