// One point: everything a single simulation depends on, and what it is called in tables.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "emu/json/reader.h"
#include "sim/simulate.h"

namespace fp6sim::app {

/// What FP16 is compared to everywhere.
inline constexpr std::string_view kBaselineKernel = "cublas-fp16";
/// Today's GPUs: expanded by instructions.
inline constexpr std::string_view kDefaultDesign = "simt";

struct Point {
  std::string gpu = "a100-sxm-80g";  ///< names or paths, as on the command line
  std::string kernel = "w6a16";
  std::string design = std::string(kDefaultDesign);
  /// A model (name or path) of which a whole decode step is simulated (sim/decode_step.h); empty: one GEMM.
  std::string step;
  sim::GemmShape shape;  ///< of a step: n alone, the batch
  std::string split;     ///< empty: the kernel's own
  bool warm_l2 = false;  ///< the weights were just streamed; of a step: another has just run
  bool loop = false;     ///< RunOptions::loop
  bool exact = false;
  /// Fields of the descriptions replaced: "gpu.l2.size_mb" -> 80. Sorted by path.
  boost::json::object overrides;

  // Labels: they name the point and do not enter its result.
  std::string workload, layer;
  std::int64_t count = 1;

  boost::json::object to_json() const;
  /// The inverse; strict. Throws fp6sim::Error.
  static Point from_json(const json::Value& value);
};

/// "cold", "warm", or "loop".
std::string_view l2_state(const Point& point);

/// "w6a16 8192x22016 batch 8 on a100-sxm-80g gpu.l2.size_mb=80": for messages.
std::string point_text(const Point& point);
/// The same without shape and batch.
std::string way_text(const Point& point);

}  // namespace fp6sim::app
