// What can be said about a call before the device sees it.
#include "kernels/gemm.h"
#include "kernels/gemm/argument_checks.h"
#include "kernels/gemm/bind.h"
#include "kernels/gemm/tile.h"

namespace fp6sim::kernels {
namespace {

bool same(const Plan& a, const Plan& b) {
  return a.generation == b.generation && a.tile_m == b.tile_m && a.tile_n == b.tile_n &&
         a.tile_k == b.tile_k && a.stages == b.stages && a.threads == b.threads && a.splits == b.splits &&
         a.m_tiles == b.m_tiles && a.n_tiles == b.n_tiles && a.k_tiles == b.k_tiles &&
         a.shared_bytes == b.shared_bytes;
}

}  // namespace

Status check(const GemmArguments& arguments) {
  const Plan& plan = arguments.plan;
  // A plan is what choose_plan() makes of this shape on some GPU: rebuilt from its own generation, tile and
  // splits.
  Gpu gpu;
  gpu.compute_capability = capability_for(plan.generation);
  gpu.shared_bytes_per_block = plan.shared_bytes;
  Plan expected;
  if (Status status = choose_plan(arguments.spec, arguments.shape, gpu, expected, plan.splits);
      !status.ok()) {
    return status;
  }
  if (!same(plan, expected)) {
    return {StatusCode::kBadValue, "the plan is not choose_plan()'s for kernel " +
                                       kernel_name(arguments.spec) + " and " + shape_text(arguments.shape)};
  }
  PackedLayout layout;
  if (Status status = packed_layout(arguments.spec, arguments.shape.m, arguments.shape.k, layout);
      !status.ok()) {
    return status;
  }
  if (Status status = check_pointer("packed weights", arguments.packed, 128); !status.ok()) return status;
  if (Status status = check_bytes("packed weights", arguments.packed_bytes, layout.bytes); !status.ok())
    return status;
  if (Status status = check_pointer("x", arguments.x, 2); !status.ok()) return status;
  if (Status status = check_pointer("y", arguments.y, 2); !status.ok()) return status;
  const std::size_t workspace = workspace_bytes(plan);
  if (workspace == 0) return {};
  if (Status status = check_pointer("workspace", arguments.workspace, 128); !status.ok()) return status;
  return check_bytes("workspace", arguments.workspace_bytes, workspace);
}

GemmParameters bind(const GemmArguments& arguments) {
  PackedLayout layout;
  packed_layout(arguments.spec, arguments.shape.m, arguments.shape.k, layout);
  const auto* packed = static_cast<const std::byte*>(arguments.packed);
  auto* workspace = static_cast<std::byte*>(arguments.workspace);
  GemmParameters p{};
  p.wide = reinterpret_cast<const std::uint32_t*>(packed + layout.wide);
  p.narrow = reinterpret_cast<const std::uint32_t*>(packed + layout.narrow);
  p.scales = reinterpret_cast<const std::uint16_t*>(packed + layout.scales);
  p.zeros = reinterpret_cast<const std::uint8_t*>(packed + layout.zeros);
  p.x = arguments.x;
  p.y = arguments.y;
  if (arguments.plan.splits > 1) {
    p.counters = reinterpret_cast<unsigned*>(workspace);
    p.partials = reinterpret_cast<float*>(workspace + counter_bytes(arguments.plan));
  }
  p.m = static_cast<int>(arguments.shape.m);
  p.k = static_cast<int>(arguments.shape.k);
  p.n = static_cast<int>(arguments.shape.n);
  p.row_blocks = static_cast<int>(layout.order.row_blocks());
  p.k_tiles = static_cast<int>(arguments.plan.k_tiles);
  p.n_tiles = static_cast<int>(arguments.plan.n_tiles);
  p.splits = arguments.plan.splits;
  p.vector_activations = reinterpret_cast<std::uintptr_t>(arguments.x) % 16 == 0 && p.k % 8 == 0 ? 1 : 0;
  return p;
}

}  // namespace fp6sim::kernels
