// Files of tensor-core vectors: one dot product a row, filled in or checked.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "emu/mma/mma.h"

namespace fp6sim::app {

struct MmaVectorsSummary {
  std::int64_t rows = 0;        ///< rows of data
  std::int64_t compared = 0;    ///< settled rows with a `d` to compare with
  std::int64_t mismatches = 0;  ///< among `compared`
  std::int64_t unsettled = 0;   ///< rows whose `settled` is 0
  std::int64_t unsettled_mismatches = 0;
  std::string first_mismatch;  ///< line, both bit patterns, both values; empty without one
};

/// Reads comma-separated rows under a header. Columns a, b (hexadecimal codes, space separated) and c
/// (hexadecimal bits of the accumulate type) go through emu::mma_chain(); the result is appended as column d,
/// or as d_fp6sim where the file has a d, which is then compared (a NaN with any NaN) except in rows whose
/// `settled` is 0. Lines starting with #, empty lines and other columns pass through; a carriage return at a
/// line's end is dropped. Throws fp6sim::Error naming `name` and the line for whatever does not fit.
MmaVectorsSummary run_mma_vectors(const emu::MmaContext& context, const std::string& name, std::istream& in,
                                  std::ostream& out);

}  // namespace fp6sim::app
