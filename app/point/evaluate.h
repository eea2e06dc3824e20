// From a point to its result: descriptions found, fields replaced, simulated, and the result as flat JSON.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>

#include "app/point/point.h"
#include "sim/decode_step.h"
#include "sim/simulate.h"

namespace fp6sim::app {

/// The descriptions a point names, with its overrides made.
struct Inputs {
  sim::GpuDescription gpu;
  sim::KernelDescription kernel;
  sim::DesignDescription design;
  sim::Workload workload;  ///< of a step
  /// Hashes of the descriptions as simulated, and a step's layers.
  std::string fingerprints;
};

/// Loads and remembers descriptions: thousands of points share a few. Throws fp6sim::Error.
class InputCache {
 public:
  Inputs inputs(const Point& point);

 private:
  template <class Description>
  struct Loaded {
    Description description;
    std::string fingerprint;
  };
  std::map<std::string, boost::json::value> files_;
  std::map<std::string, Loaded<sim::GpuDescription>> gpus_;
  std::map<std::string, Loaded<sim::KernelDescription>> kernels_;
  std::map<std::string, Loaded<sim::DesignDescription>> designs_;
  std::map<std::string, sim::Workload> workloads_;
};

/// Name of a point's result for ever: a hash (RFC 4122 name-based UUID over SHA-1) of the descriptions' full
/// text, the shape, the options and the model's revision. Labels do not enter.
std::string key_of(const Point& point, const Inputs& inputs);

/// The version of the program and a hash of the sources that decide results (sim/ and what it uses of emu/).
std::string program_version();

/// Simulates. `timeline_path` empty: none is written. `functional`: what carries real bits through the run,
/// or null.
sim::GemmResult simulate(const Point& point, const Inputs& inputs, const std::string& timeline_path = {},
                         sim::FunctionalGemm* functional = nullptr);

/// The options of a point's step, our kernels with each layer's own plan. Both must outlive what is returned.
sim::StepOptions step_options(const Point& point, const Inputs& inputs);
/// Simulates the step of a point that has one.
sim::StepResult simulate_step(const Point& point, const Inputs& inputs);
/// As result_json() of the step's total, with tokens_per_s, weights (their number) and gemms.
boost::json::object step_result_json(const Point& point, const Inputs& inputs, const sim::StepResult& step);

/// The result as one flat object, documented in docs/json.md: cycles time_us dram_bytes ... stack counters.
boost::json::object result_json(const Point& point, const Inputs& inputs, const sim::GemmResult& result);

/// Hardware a design adds to the whole GPU, in mm^2.
double added_area_mm2(const sim::GpuDescription& gpu, const sim::DesignDescription& design);

/// Dense FP16 throughput of the tensor cores.
double peak_tflops(const sim::GpuDescription& gpu);

/// The work function of a worker: a point's JSON text in, its result's out.
std::string evaluate_text(const std::string& point_text);

}  // namespace fp6sim::app
