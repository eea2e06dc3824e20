// Sectors that a stage's instructions name, as the strided pieces of a request.
#pragma once

#include <vector>

#include "emu/trace/trace.h"
#include "sim/replay/trace_stages.h"

namespace fp6sim::sim {

/// The distinct sectors of `runs` (which it sorts) as strided pieces; counts in `sectors` how many were named
/// and how many are requested.
std::vector<TracePiece> pieces(std::vector<trace::SectorRun>& runs, TraceSectors& sectors);

}  // namespace fp6sim::sim
