// What is to be measured, in the order in which it is wanted if time runs out.
#pragma once

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

struct Item {
  enum class Kind { kCheck, kMicro, kCublas, kKernel, kCounters } kind = Kind::kCheck;
  std::string key;  ///< unique, without tabs or line ends: its name in the journal
  kernels::KernelSpec spec{};
  CheckPart part = CheckPart::kFew;
  kernels::Path path = kernels::Path::kFused;
  std::int64_t m = 0, k = 0;
  int batch = 0;
  std::string group;  ///< of microbenchmarks
};

std::string check_key(const kernels::KernelSpec& spec, CheckPart part);
std::string row_key(const std::string& kernel, const std::string& split, const std::string& path,
                    std::int64_t m, std::int64_t k, int batch);

/// The kernels compared most first: their checks, then with cuBLAS on LLaMA-65B's layers. Then the
/// microbenchmarks, large batches by the other paths, the checks of all other kernels, the first ones on all
/// other shapes, the variants (other splits, groups, formats), and what Nsight Compute is asked for (--ncu).
/// Each shape once, however many models have it. No kernel is timed before it has been checked.
std::vector<Item> plan_work(const Options& options, const std::vector<Layer>& layers, bool cublas);

}  // namespace fp6sim::bench
