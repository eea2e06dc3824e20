// Measured instead of estimated: the fastest route of a shape by a timer of the caller's, kept in a file.
//
// The file is JSON, keyed by GPU name, kernel, shape, whether cuBLAS was there, and this library's version:
//
//   {"format": "fp6sim-tuning-1", "entries": [
//    {"gpu": "NVIDIA H100 80GB HBM3", "kernel": "w6a16", "split": "4+2-byte", "activation": "fp16",
//     "m": 8192, "k": 22016, "n": 8, "cublas": true, "version": "0.1.0",
//     "path": "fused", "tile_n": 8, "splits": 4, "time_us": 71.5, "timed": 9}
//   ]}
//
// Writers may run at the same time: each takes FILE.lock, merges what others have written and replaces FILE
// by rename, so a reader sees one whole file or another. A file that is not a tuning cache is refused with
// what is wrong with it, and never written over.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/route.h"

namespace fp6sim::kernels {

/// What a result is for.
struct TuningKey {
  std::string gpu;  ///< as query_gpu() names it
  KernelSpec spec;
  GemmShape shape;
  bool cublas = false;  ///< whether the caller had it
};

/// A measured choice: the options that make choose_route() take it, and what was measured.
struct Tuned {
  Path path = Path::kFused;
  int tile_n = 0, splits = 0;
  double time_us = 0;
  int timed = 0;  ///< candidates, this one included
};

class TuningCache {
 public:
  /// Replaces `cache` by what `file` holds; a file that does not exist is an empty cache. kBadValue, and an
  /// unchanged cache, where it cannot be read or is something else.
  static Status load(const std::string& file, TuningCache& cache);

  /// Adds this cache's entries to `file`, where they win. Atomic; safe beside other writers.
  Status save(const std::string& file) const;

  /// Entries of other versions of the library are kept and not found.
  std::optional<Tuned> find(const TuningKey& key) const;
  void put(const TuningKey& key, const Tuned& tuned);
  std::size_t size() const { return entries_.size(); }

 private:
  friend class TuningFile;
  /// gpu, kernel, split, activation, m, k, n, cublas, version
  using Name = std::tuple<std::string, std::string, std::string, std::string, std::int64_t, std::int64_t,
                          std::int64_t, bool, std::string>;
  static Name name_of(const TuningKey& key);
  std::map<Name, Tuned> entries_;
};

/// What is worth timing: the fused kernel with its own and narrower batch tiles and splits of K around the
/// chooser's, and the other paths where their estimate is within four times the best. Without duplicates, the
/// chooser's own route first. Stages are not among them: one number of stages is compiled.
Status tuning_candidates(const KernelSpec& spec, const GemmShape& shape, const Gpu& gpu, bool cublas,
                         std::vector<Route>& candidates);

/// Time of one call by `route`; an infinite time drops the candidate, an error ends the tuning. The workspace
/// it uses must start with zeros for each fused route.
using TimeRoute = std::function<Status(const Route& route, double& microseconds)>;

/// The cached route of `key`, or, where there is none, the fastest candidate, which is then put into `cache`
/// (not yet into a file). Ties go to the earlier candidate.
Status autotune(const TuningKey& key, const Gpu& gpu, const TimeRoute& time, TuningCache& cache,
                Route& route);

/// choose_route(), but the measured choice where the cache has one that still exists.
Status choose_tuned_route(const TuningKey& key, const Gpu& gpu, const TuningCache& cache, Route& route);

}  // namespace fp6sim::kernels
