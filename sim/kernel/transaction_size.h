// How finely a run's memory traffic is simulated.
//
// Exact mode sends 128-byte transactions, as an SM does. A coarser one stands for several of them, and costs
// one of them to simulate. What it gets wrong is small but moves queues, and through them the end of the
// slowest CTA: averaged over where buffers may lie nothing, in a single run 0.2-0.6 % (standard deviation),
// in a short one up to several percent. So short runs take exact mode's transactions, and long ones coarser
// ones only where these differ from exact ones in nothing but their number.
#pragma once

#include <cstdint>

#include "sim/description/gpu_description.h"
#include "sim/description/kernel_description.h"
#include "sim/kernel/launch_plan.h"

namespace fp6sim::sim {

/// A GEMM that streams up to so many bytes of weights is short. Nothing functional mode takes (2^26 weights
/// of at most 16 bits) reads more than that.
inline constexpr double kShortRunBytes = 1 << 27;

/// Of a GEMM simulated alone. `plan`: everything but its transactions.
TransactionSizes transactions_of_gemm(const GpuDescription& gpu, const WeightLayout& weights,
                                      const GemmPlan& plan);

/// Of one among the many of a decode step, whose sum is what is asked for: 512 bytes, and pieces together
/// wherever that costs a single run a percent or two at most.
TransactionSizes transactions_of_step(const GpuDescription& gpu, const WeightLayout& weights,
                                      const GemmPlan& plan);

}  // namespace fp6sim::sim
