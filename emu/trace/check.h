// Whether a trace can be replayed: addresses inside their buffers, barriers that match, no deadlock.
#pragma once

#include <cstddef>

#include "emu/trace/reader.h"

namespace fp6sim::trace {

/// Runs every class of a launch through its barriers and waits (no time passes) and looks at every CTA's
/// addresses. Throws fp6sim::Error naming launch, class, warp and event for a warp that can never go on, and
/// CTA and buffer for an address outside. Catch-all buffers of imports (base address 0) take any address.
void check_launch(const Reader& trace, std::size_t launch);

}  // namespace fp6sim::trace
