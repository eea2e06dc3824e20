// Where the executor hands over what each CTA did.
#pragma once

#include <cstdint>
#include <utility>

#include "emu/trace/trace.h"

namespace fp6sim::trace {

/// Receives the CTAs of launches. Addresses in a CTA's program are relative to each buffer's start (offset
/// 0); making them relative to the CTA and finding equal behaviours is the recorder's business.
class Recorder {
 public:
  virtual ~Recorder() = default;
  /// `info.classes` is not known yet.
  virtual void begin_launch(const LaunchInfo& info) = 0;
  /// Called once per CTA, from several threads, in no particular order.
  virtual void add_cta(std::uint64_t index, Program&& program) = 0;
  virtual void end_launch() = 0;
};

}  // namespace fp6sim::trace
