#include "kernels/autotune.h"

#include <algorithm>
#include <cmath>

#include "kernels/gemm/argument_checks.h"
#include "kernels/gemm/tile.h"

namespace fp6sim::kernels {
namespace {

/// Other paths are timed where they are not estimated to be hopeless.
constexpr double kWorthTiming = 4.0;

bool same(const Route& a, const Route& b) {
  if (a.path != b.path) return false;
  return a.path != Path::kFused || (a.plan.tile_n == b.plan.tile_n && a.plan.splits == b.plan.splits);
}

void add(std::vector<Route>& routes, const Route& route) {
  if (std::none_of(routes.begin(), routes.end(), [&](const Route& r) { return same(r, route); }))
    routes.push_back(route);
}

RouteOptions options_of(const Tuned& tuned, bool cublas) {
  RouteOptions options;
  options.cublas = cublas;
  options.path = tuned.path;
  options.tile_n = tuned.tile_n;
  options.splits = tuned.splits;
  return options;
}

/// The fused routes with batch tiles of at most `tile_n`.
Status add_fused(const TuningKey& key, const Gpu& gpu, int tile_n, std::vector<Route>& routes) {
  RouteOptions options;
  options.path = Path::kFused;
  options.tile_n = tile_n;
  Route chosen;
  if (Status status = choose_route(key.spec, key.shape, gpu, options, chosen); !status.ok()) return status;
  add(routes, chosen);
  const int own = chosen.plan.splits;
  for (const int splits : {1, own / 2, own - 1, own + 1, 2 * own}) {
    if (splits < 1 || splits > chosen.plan.k_tiles) continue;
    options.splits = splits;
    Route route;  // a refused number of splits is no candidate
    if (choose_route(key.spec, key.shape, gpu, options, route).ok()) add(routes, route);
  }
  return {};
}

}  // namespace

Status tuning_candidates(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu, bool cublas,
                         std::vector<Route>& candidates) {
  candidates.clear();
  RouteOptions options;
  options.cublas = cublas;
  Route chosen;
  if (Status status = choose_route(spec, shape, gpu, options, chosen); !status.ok()) return status;
  candidates.push_back(chosen);
  const TuningKey key{"", spec, shape, cublas};
  for (const int tile_n : {chosen.plan.tile_n, chosen.plan.tile_n / 2}) {
    if (tile_n < kBatchTiles.front()) continue;
    if (Status status = add_fused(key, gpu, tile_n, candidates); !status.ok()) return status;
  }
  const double best = estimate_cycles(spec, shape, gpu, chosen.plan, chosen.path);
  for (const Path path : {Path::kDense, Path::kCublas}) {
    if (path == Path::kCublas && !cublas) continue;
    if (estimate_cycles(spec, shape, gpu, chosen.plan, path) > kWorthTiming * best) continue;
    options.path = path;
    Route route;  // shapes beyond the dense kernel's grid have the fused one alone
    if (choose_route(spec, shape, gpu, options, route).ok()) add(candidates, route);
  }
  return {};
}

Status choose_tuned_route(const TuningKey& key, const Gpu& gpu, const TuningCache& cache, Route& route) {
  if (const auto tuned = cache.find(key)) {
    if (choose_route(key.spec, key.shape, gpu, options_of(*tuned, key.cublas), route).ok()) return {};
  }
  RouteOptions options;
  options.cublas = key.cublas;
  return choose_route(key.spec, key.shape, gpu, options, route);
}

Status autotune(const TuningKey& key, const Gpu& gpu, const TimeRoute& time, TuningCache& cache,
                Route& route) {
  if (const auto tuned = cache.find(key)) {
    if (choose_route(key.spec, key.shape, gpu, options_of(*tuned, key.cublas), route).ok()) return {};
  }
  std::vector<Route> candidates;
  if (Status status = tuning_candidates(key.spec, key.shape, gpu, key.cublas, candidates); !status.ok())
    return status;
  Tuned best;
  bool found = false;
  for (const Route& candidate : candidates) {
    double microseconds = INFINITY;
    if (Status status = time(candidate, microseconds); !status.ok()) return status;
    if (!(microseconds >= 0)) {
      return {StatusCode::kBadValue, "the timer says " + std::to_string(microseconds) + " us for path " +
                                         std::string(path_name(candidate.path)) + " and " +
                                         shape_text(key.shape) + "; 0 or more, or infinity"};
    }
    if (std::isinf(microseconds) || (found && microseconds >= best.time_us)) continue;
    found = true;
    best = {candidate.path, candidate.plan.tile_n, candidate.plan.splits, microseconds,
            static_cast<int>(candidates.size())};
    route = candidate;
  }
  if (!found) {
    return {StatusCode::kUnsupported, "no candidate for " + kernel_name(key.spec) + " and " +
                                          shape_text(key.shape) + " could be timed"};
  }
  cache.put(key, best);
  return {};
}

}  // namespace fp6sim::kernels
