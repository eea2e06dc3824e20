// Hardware counters by Nsight Compute, where it is installed and may read them.
#pragma once

#include <map>
#include <string>

#include "kernels/variant.h"

namespace fp6sim::bench {

/// Path of ncu, or empty.
std::string find_ncu();

/// The command that profiles one launch of one kernel by `program` (this binary).
std::string ncu_command(const std::string& ncu, const std::string& program, const kernels::KernelSpec& spec,
                        std::int64_t m, std::int64_t k, int batch);

/// Counters of ncu's raw CSV page, under compare's column names. Throws fp6sim::Error with ncu's own message
/// (often that the driver keeps counters from users) where there are none.
std::map<std::string, double> parse_ncu(const std::string& text);

/// Runs `command` and parses what it prints.
std::map<std::string, double> run_ncu(const std::string& command);

}  // namespace fp6sim::bench
