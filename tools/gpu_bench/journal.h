// The journal: one line a result, written when it is known, so that a run cut off anywhere loses one
// measurement. Tab-separated; the first line says of what machine and with what settings.
#pragma once

#include <string>

#include "tools/gpu_bench/bench.h"

namespace fp6sim::bench {

/// One line each, without its end.
std::string line_of(const std::string& key, const Row& row);
std::string line_of(const std::string& key, const std::vector<Metric>& metrics);
std::string line_of_check(const std::string& key, std::int64_t outputs);
std::string line_of_failure(const std::string& key, const std::string& why);
std::string line_of_retry(const std::string& key);  ///< the key's failure no longer counts
std::string line_of_counters(const std::string& key, const std::map<std::string, double>& counters);

/// Adds what a line says; of a key's failure and success the later counts. False where it is no whole line of
/// a journal (the last one of a killed run).
bool add_line(const std::string& line, Results& results);

/// What must be equal for a run to go on with another's journal: GPU, commit, L2's state, repeats.
std::string heading(const Machine& machine, const Options& options);

/// The journal to write to, without its suffix: DIR/<gpu>-<date>, with -2, -3 ... where that is another
/// run's. One with the same heading, of any date, is gone on with unless options.fresh; `results` takes what
/// it has, failures not where options.retry.
std::string open_journal(const Options& options, const Machine& machine, const std::string& date,
                         Results& results);

/// Appends a line, on disk when it returns. Throws fp6sim::Error where that fails.
void append_line(const std::string& file, const std::string& line);

}  // namespace fp6sim::bench
