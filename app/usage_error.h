// What the program says about a command line it does not take: one line that names command, option, value and
// what is accepted, as every other error.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace fp6sim::app {

/// Refuses a misspelt command or option by name, with the nearest known, before the parser can complain about
/// what it leaves missing. Throws fp6sim::Error.
void refuse_unknown_names(const CLI::App& app, int argc, const char* const* argv);

/// One line for what the parser refused, without the program's name.
std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error);

}  // namespace fp6sim::app
