// Opens whatever kind of trace a path names.
#pragma once

#include <string>

#include "emu/trace/reader.h"

namespace fp6sim::trace {

/// A kernelslist.g, .traceg or .traceg.xz is imported into a temporary file (in TMPDIR) that nobody sees and
/// that is gone with the reader; anything else must be a trace of ours. Throws what import_accelsim() and
/// Reader throw.
Reader open_trace(const std::string& path);

}  // namespace fp6sim::trace
