// Writes a trace file as a launch runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "emu/trace/recorder.h"
#include "emu/trace/trace.h"

namespace fp6sim::trace {

/// A Recorder into a file. Programs are normalised, compared by a 128-bit hash, and only new ones written, so
/// that memory holds one CTA per worker plus the placements. The file does not depend on the order of add_cta
/// calls. Throws fp6sim::Error where the file cannot be written. Without finish() the file has no index and
/// is refused.
class Writer : public Recorder {
 public:
  explicit Writer(const std::string& path);
  ~Writer() override;
  void begin_launch(const LaunchInfo& info) override;
  void add_cta(std::uint64_t index, Program&& program) override;
  void end_launch() override;
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fp6sim::trace
