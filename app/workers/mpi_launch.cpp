// Whether this is an MPI job: asked before MPI starts, and in builds without it.
#include <cstdlib>
#include <string>

#include "app/workers/mpi_executor.h"
#include "emu/error.h"

namespace fp6sim::app {

bool launched_by_mpi() {
  // Open MPI, PMI (MPICH, Slurm with PMI-1/2), PMIx under Slurm.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* size = std::getenv(name);
    if (size != nullptr && std::atoi(size) > 1) return true;
  }
  const char* tasks = std::getenv("SLURM_NTASKS");
  return std::getenv("PMIX_RANK") != nullptr && tasks != nullptr && std::atoi(tasks) > 1;
}

#ifndef FP6SIM_HAS_MPI
void run_under_mpi(WorkerPool&, const std::function<void(Executor&)>&) {
  throw Error("started as one of several MPI ranks, but this build has no MPI (libboost-mpi1.81-dev)");
}
#endif

}  // namespace fp6sim::app
