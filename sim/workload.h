// A workload: the linear layers of a model, as GEMM shapes. Data in traces/*.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fp6sim::sim {

/// One linear layer: Y[N,M] = X[N,K] W[M,K]^T.
struct WorkloadLayer {
  std::string block;        ///< "decoder", "encoder", "cross-attention"
  std::string name;         ///< unique within its block: "qkv", "attn_out", "gate_or_up", "down"
  std::int64_t m = 0;       ///< out features
  std::int64_t k = 0;       ///< in features
  std::int64_t count = 0;   ///< GEMMs of this shape in the whole model, each with weights of its own
  std::int64_t repeat = 1;  ///< repetitions of its block: transformer layers. `count` is a multiple
  bool per_token = true;    ///< a decode step runs it
  std::string source;       ///< where the shape comes from
  std::string note;         ///< "" or what to know, e.g. "once per sequence"

  /// "decoder.qkv" where the model has several blocks, else "qkv".
  std::string label;
};

struct Workload {
  std::string name;
  std::string description;
  std::vector<WorkloadLayer> layers;  ///< in the order a token meets them
};

/// Largest out or in features accepted anywhere: beyond it byte counts would no longer be exact in binary64.
inline constexpr std::int64_t kLargestFeatures = std::int64_t{1} << 24;

/// Loads a shipped workload by name (traces/<name>.json) or any file by path. Throws fp6sim::Error.
Workload load_workload(std::string_view name_or_path);

/// The names of the shipped workloads, sorted.
std::vector<std::string> workload_names();

}  // namespace fp6sim::sim
