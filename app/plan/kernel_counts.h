// What the executor's recorder counts of a kernel of ours, as a kernel description holds it.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace fp6sim::app {

/// Runs every form of kernel `name` on the CPU (splits, activations, compute capability 8.0 and 9.0; batch
/// tiles at the first split and binary16) and counts a long run less a short one, so that what surrounds the
/// main loop cancels. Returns {"name", "splits", "loop", "tiles"}: the first two as "instructions" of
/// sim/kernels/<name>.json has them (sim/description/instruction_counts.h), without the numbers argued for,
/// the last as its "tiles". Throws fp6sim::Error for a name of no kernel of ours.
boost::json::object kernel_counts(const std::string& name);

}  // namespace fp6sim::app
