// fp6sim verify --rtl: the Verilated unit against emu.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/rtl/stream_run.h"

namespace fp6sim::rtl {

/// Every code x every binary16 scale (x every zero point, for INT4 with one) of a format, as binary16 and as
/// bfloat16, through changing splits and lanes. `scale_step` > 1 takes every n-th scale only.
std::unique_ptr<Stimulus> exhaustive_stimulus(std::uint8_t format, const UnitParameters& unit,
                                              int scale_step = 1);

/// `groups` groups of random length with formats, splits and output types changing from beat to beat, scales
/// of every kind, and illegal beats in between.
std::unique_ptr<Stimulus> random_stimulus(const UnitParameters& unit, std::uint64_t seed, int groups);

struct VerifyOptions {
  std::string model = "l32d2";  ///< one of unit_models()
  bool exhaustive = true;       ///< else random beats only
  int random_groups = 20000;
  std::uint64_t seed = 1;
  std::string wave_path;  ///< where not empty: a short random run on a model with waves, written here as FST
};

struct VerifyResult {
  std::uint64_t compared = 0;
  std::uint64_t mismatches = 0;  ///< differing lane results, and protocol errors
  std::uint64_t beats = 0;
  std::uint64_t cycles = 0;
  std::string first_mismatch;  ///< empty where there is none
  std::string model;
  std::string coverage;
  bool coverage_complete = false;
};

/// Throws fp6sim::Error for a model or file that cannot be used.
VerifyResult verify_unit(const VerifyOptions& options);

}  // namespace fp6sim::rtl
