// The commands, one file each. A command adds a subcommand to the parser; its callback does the work, throws
// fp6sim::Error for bad use (exit 2), and sets the exit code to 1 where a check it was asked to make failed.
#pragma once

#include <CLI/CLI.hpp>
#include <span>

namespace fp6sim::app {

/// What main() returns: 0 done, 1 a check failed (verify, compare --max-error, mma). Bad use throws instead.
struct Outcome {
  int exit_code = 0;
};

using AddCommand = void (*)(CLI::App&, Outcome&);

void add_run_command(CLI::App& app, Outcome& outcome);
void add_gemm_command(CLI::App& app, Outcome& outcome);
void add_compare_command(CLI::App& app, Outcome& outcome);
void add_sweep_command(CLI::App& app, Outcome& outcome);
void add_report_command(CLI::App& app, Outcome& outcome);
void add_list_command(CLI::App& app, Outcome& outcome);
void add_mma_command(CLI::App& app, Outcome& outcome);
void add_quantize_command(CLI::App& app, Outcome& outcome);
void add_replay_command(CLI::App& app, Outcome& outcome);  // the same
void add_trace_command(CLI::App& app,
                       Outcome& outcome);  // built where fp6sim::trace and the host kernels are
void add_eval_command(CLI::App& app, Outcome& outcome);
void add_verify_command(CLI::App& app, Outcome& outcome);  // built where the host kernels are

/// Every command, in the order --help shows them.
std::span<const AddCommand> commands();

}  // namespace fp6sim::app
