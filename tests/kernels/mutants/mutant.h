// What every mutant tells about itself.
#pragma once

#include <string>
#include <vector>

#include "kernels/host_run.h"

namespace fp6sim::kernels {

struct Mutant {
  std::string name;
  bool violates;   ///< the executor must report it; else the bits must differ
  std::string at;  ///< text of the line that the report must name; empty: any line
  KernelSpec spec;
  Generation generation;
  void (*run)(const GemmArguments& arguments, const HostRun& run);
  int splits = 3;  ///< of K, as the kernel sums
};

inline std::vector<Mutant>& mutants() {
  static std::vector<Mutant> all;
  return all;
}

}  // namespace fp6sim::kernels
