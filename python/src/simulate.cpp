// One simulated GEMM as a flat dictionary.
#include "sim/simulate.h"

#include "python/src/bindings.h"
#ifdef FP6SIM_PYTHON_PLANS
#include "app/plan/planned_kernel.h"
#endif

namespace fp6sim::python {
namespace {

py::dict simulate(std::int64_t m, std::int64_t k, std::int64_t n, const std::string& gpu,
                  const std::string& kernel, const std::string& design, const std::string& split,
                  bool warm_l2, bool exact) {
  sim::RunOptions options;
  options.warm_l2 = warm_l2;
  options.exact = exact;
  options.split = split;
  const sim::GemmResult result = unlocked([&] {
    const sim::GpuDescription on = sim::load_gpu(gpu);
    const sim::DesignDescription with = sim::load_design(design);
    sim::KernelDescription as_run = sim::load_kernel(kernel);
#ifdef FP6SIM_PYTHON_PLANS
    app::apply_plan(kernel, split, {m, k, n}, on, with, as_run);
#endif
    return sim::simulate_gemm(on, as_run, with, {m, k, n}, options);
  });
  py::dict record;
  record["gpu"] = gpu;
  record["kernel"] = kernel;
  record["design"] = design;
  record["m"] = m;
  record["k"] = k;
  record["n"] = n;
  record["cycles"] = result.cycles;
  record["time_us"] = result.time_us;
  record["floor_us"] = result.floor_us;
  record["dram_bytes"] = result.dram_bytes;
  record["dram_bandwidth_pct"] = result.dram_bandwidth_pct;
  record["bound_by"] = result.bound_by;
  record["energy_uj"] = result.energy_uj;
  record["tile"] = result.tile;
  record["split_k"] = result.split_k;
  for (const auto& entry : result.stack) record[py::str("stack." + entry.name)] = entry.share;
  for (const auto& counter : result.counters) record[py::str("counter." + counter.name)] = counter.value;
  return record;
}

}  // namespace

void bind_simulate(py::module_& module) {
  module.def("simulate", &simulate);
}

}  // namespace fp6sim::python
