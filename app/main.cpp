// fp6sim: thin commands over the libraries. One file a command in app/commands/.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "app/commands.h"
#include "app/usage_error.h"
#include "emu/error.h"

int main(int argc, char** argv) {
  CLI::App app{"Bit-accurate simulation of six-bit weights (FP6, the 4+2 split) on tensor-core memory paths"};
  app.name("fp6sim");
  app.require_subcommand(1);
  app.set_version_flag("--version", FP6SIM_VERSION);
  fp6sim::app::Outcome outcome;
  for (const auto add : fp6sim::app::commands()) add(app, outcome);
  try {
    fp6sim::app::refuse_unknown_names(app, argc, argv);
    app.parse(argc, argv);
    std::cout.flush();
    if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw fp6sim::Error("standard output: cannot be written");
    return outcome.exit_code;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "fp6sim: %s\n", fp6sim::app::usage_error_text(app, error).c_str());
  } catch (const fp6sim::Error& error) {
    std::fprintf(stderr, "fp6sim: %s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fp6sim: internal error: %s\n", error.what());
  }
  return 2;
}
