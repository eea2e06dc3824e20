// The workers of all ranks of an MPI job behind the Executor interface.
#pragma once

#include <functional>

#include "app/workers/worker_pool.h"

namespace fp6sim::app {

/// True where this process was started by mpirun or srun with more than one rank.
bool launched_by_mpi();

/// Starts MPI. Rank 0 calls `body` with an executor over every rank's pool, its own included; the others hand
/// tasks to their pool until rank 0 is done. A rank that says nothing for five seconds has its tasks given to
/// others, and new ones should it speak again; simulations themselves run in the pools' forked processes, so
/// that a crash or an out-of-memory kill there costs no rank. Throws fp6sim::Error in a build without MPI.
void run_under_mpi(WorkerPool& pool, const std::function<void(Executor&)>& body);

}  // namespace fp6sim::app
