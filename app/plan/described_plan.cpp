#include "app/plan/described_plan.h"

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

#include "emu/json/reader.h"
#include "kernels/gemm/registers.h"
#include "kernels/gemm/tile.h"
#include "sim/data_files.h"
#include "sim/description/kernel_description.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;

}  // namespace

bj::object described_plan(const std::string& name, const kernels::GemmShape& shape, const kernels::Plan& plan,
                          const kernels::KernelSpec& spec) {
  const json::Document document = json::read_file(sim::description_file(sim::kKernelFolder, name));
  bj::object description = document.root().raw().as_object();
  const char* kPlan = "the kernel's own chooser";
  description["description"] = "as recorded for " + std::to_string(shape.m) + " x " +
                               std::to_string(shape.k) + ", batch " + std::to_string(shape.n);
  bj::object tile{{"m", plan.tile_m},
                  {"k", plan.tile_k},
                  {"n", plan.tile_n},
                  {"threads", plan.threads},
                  {"copying_threads", plan.threads - 32 * kernels::multiplying_warps(plan.tile_n)},
                  {"stages", plan.stages},
                  {"registers", kernels::registers_per_thread(plan.generation, plan.tile_n)},
                  {"shared_kb", static_cast<double>(plan.shared_bytes) / 1024},
                  {"derived", kPlan}};
  description["tiles"] = bj::array{std::move(tile)};
  description["tile_rule"] = "covering";
  bj::object split = description.at("split_k").as_object();
  split["rule"] = "table";
  split["max"] = plan.splits;
  split["min_tiles"] = 1;
  split["reduction_in_kernel"] = true;
  split["table"] = bj::object{
      {"rows", bj::array{bj::array{shape.m, shape.k, plan.splits, plan.splits, plan.splits, plan.splits}}},
      {"derived", kPlan}};
  description["split_k"] = std::move(split);
  description["warpgroup_mma"] = plan.generation == kernels::Generation::kWarpgroup;

  const std::string arrangement(emu::name(spec.split));
  bj::object& weights = description.at("weights").as_object();
  weights["split"] = arrangement;
  weights["segments"] = bj::value_from(sim::segment_bits(arrangement));
  description["activations"] = spec.activation == kernels::Activation::kFp16 ? "fp16" : "bf16";
  return description;
}

}  // namespace fp6sim::app
