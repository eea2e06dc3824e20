#include "app/rtl/verify_unit.h"

#include "app/rtl/judge.h"
#include "emu/error.h"
#include "emu/names.h"

namespace fp6sim::rtl {
namespace {

void add(const StreamResult& from, VerifyResult& to) {
  to.compared += from.compared;
  to.mismatches += from.mismatches + from.protocol_errors;
  to.beats += from.beats;
  to.cycles += from.cycles;
  if (!to.first_mismatch.empty()) return;
  if (from.first_mismatch) {
    to.first_mismatch = from.first_mismatch->describe();
  } else if (from.protocol_errors != 0) {
    to.first_mismatch = from.first_protocol_error;
  }
}

}  // namespace

VerifyResult verify_unit(const VerifyOptions& options) {
  const bool wave = !options.wave_path.empty();
  std::string model = options.model;
  if (wave) {
    for (const UnitParameters& row : unit_models()) {
      if (row.waves) model = row.name;
    }
  }
  const UnitParameters& parameters =
      find_by_name("RTL model", model, unit_models(), [](const UnitParameters& row) { return row.name; });
  const std::unique_ptr<DequantUnit> unit = make_unit(parameters.name);
  if (wave && !unit->open_wave(options.wave_path)) {
    throw Error("--wave '" + options.wave_path + "': cannot be written; a path for an FST file is needed");
  }

  VerifyResult result;
  result.model = parameters.name;
  Coverage coverage;
  if (options.exhaustive && !wave) {
    for (std::uint8_t format = 0; format < kNumFormats; ++format) {
      const auto stimulus = exhaustive_stimulus(format, parameters);
      add(run_stream(*unit, *stimulus, {}, options.seed, coverage), result);
    }
  }
  // Each stream held back in turn, then all of them, then none: the unit is full, empty and starved of
  // scales.
  constexpr Stalls kPatterns[] = {{0, 0, 0}, {0, 0, 64}, {64, 0, 0}, {0, 64, 0}, {32, 32, 32}};
  const int groups = wave ? 40 : options.random_groups / static_cast<int>(std::size(kPatterns));
  std::uint64_t seed = options.seed;
  for (const Stalls& stalls : kPatterns) {
    const auto stimulus = random_stimulus(parameters, ++seed, groups);
    add(run_stream(*unit, *stimulus, stalls, seed, coverage), result);
  }
  result.coverage = coverage.summary(parameters);
  result.coverage_complete = coverage.complete(parameters);
  return result;
}

}  // namespace fp6sim::rtl
