#include "app/plan/described_plan.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "emu/json/reader.h"
#include "kernels/gemm/registers.h"
#include "sim/data_files.h"
#include "sim/description/kernel_description.h"

namespace fp6sim::app {
namespace {

namespace bj = boost::json;
using trace::Op;

/// Of all CTAs of the launch, epilogue included.
struct Counted {
  double total = 0, integer = 0, half2 = 0;
};

Counted count(const trace::Reader& recorded) {
  Counted sum;
  std::vector<Counted> of_class;
  for (std::uint32_t c = 0; c < recorded.launches().front().classes; ++c) {
    Counted& own = of_class.emplace_back();
    for (const trace::Warp& warp : recorded.program(0, c).warps) {
      for (const trace::Event& e : warp.events) {
        own.integer += e.counts.integer;
        own.half2 += e.counts.half2;
        own.total += static_cast<double>(e.counts.total()) + (e.op == Op::kExit ? 0 : 1);
      }
    }
  }
  for (const trace::Placement& placement : recorded.placements(0)) {
    const Counted& own = of_class[placement.class_id];
    sum.total += own.total;
    sum.integer += own.integer;
    sum.half2 += own.half2;
  }
  return sum;
}

bj::object marked(double value, const char* why) {
  return {{"value", value}, {"derived", why}};
}

}  // namespace

bj::object described_plan(const std::string& name, const kernels::GemmShape& shape, const kernels::Plan& plan,
                          const trace::Reader& recorded) {
  const json::Document document = json::read_file(sim::description_file(sim::kKernelFolder, name));
  bj::object description = document.root().raw().as_object();
  const char* kPlan = "the kernel's own chooser";
  description["description"] = "as recorded for " + std::to_string(shape.m) + " x " +
                               std::to_string(shape.k) + ", batch " + std::to_string(shape.n);
  bj::object tile{{"m", plan.tile_m},
                  {"k", plan.tile_k},
                  {"n", plan.tile_n},
                  {"threads", plan.threads},
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

  // Instructions of a whole tile: those that expand, those stage_work() derives from the tile's bytes, and
  // what remains of the recorded count as overhead.
  const Counted counted = count(recorded);
  const double tiles = static_cast<double>(plan.m_tiles * plan.n_tiles * plan.k_tiles);
  const double weights = static_cast<double>(plan.tile_m) * plan.tile_k;
  const double warps = plan.threads / 32.0;
  const double bits = sim::load_kernel(name).weights.bits;
  const double stored = weights * bits / 8, batch = 2.0 * plan.tile_k * plan.tile_n;
  const double mmas = weights * plan.tile_n / 2048;
  const double derived = (stored + batch * warps) / 512 + 2 * (stored + batch) / 512 + mmas;
  const double expanding = (counted.integer + counted.half2) / tiles;
  const double overhead = std::max(0.0, (counted.total / tiles - expanding - derived) / warps);
  bj::object& mix = description.at("instructions").as_object();
  mix["integer_per_weight"] = marked(counted.integer / tiles / weights * 32, "counted in the recording");
  mix["half2_per_weight"] = marked(counted.half2 / tiles / weights * 32, "counted in the recording");
  mix["overhead_per_tile"] = marked(overhead, "what is left of the recording's instructions");
  return description;
}

}  // namespace fp6sim::app
